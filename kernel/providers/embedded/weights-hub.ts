import { open } from 'node:fs/promises';
import { writeAll } from './wheel.ts';
import type { FetchContext, WeightSource } from './weights-source.ts';
import type { ModelSpec } from './models.ts';

interface HubOptions {
  /** Address of the model hub, without a slash at the end. */
  readonly address?: string;
  /** How long the hub may take to answer at all. */
  readonly answerMs?: number;
  /** How long a download may stand still. */
  readonly stallMs?: number;
}

/** The model hub, by plain HTTPS; an interrupted download goes on where it stopped (RFC 9110, section 14). */
export function modelHub(options: HubOptions = {}): WeightSource {
  const { address = 'https://huggingface.co', answerMs = 5000, stallMs = 60_000 } = options;
  return {
    describe: (spec) => spec.hub && `the model hub (${new URL(address).host}/${spec.hub.repository})`,
    fetch: (spec, partial, context) => download(spec, partial, context, { address, answerMs, stallMs }),
  };
}

async function download(
  spec: ModelSpec,
  partial: string,
  { signal, onBytes }: FetchContext,
  { address, answerMs, stallMs }: Required<HubOptions>,
): Promise<void> {
  if (!spec.hub) throw new Error('it does not have this model');
  const file = await open(partial, 'a');
  const watch = new Watch(signal);
  try {
    let done = (await file.stat()).size;
    if (done >= spec.bytes) return;
    watch.expect(answerMs, `it did not answer within ${Math.ceil(answerMs / 1000)} seconds`);
    const url = `${address}/${spec.hub.repository}/resolve/main/${spec.hub.file}`;
    const response = await fetch(url, { signal: watch.signal, headers: { range: `bytes=${done}-` } });
    if (!response.ok || !response.body) throw new Error(`it answered with status ${response.status}`);
    if (response.status !== 206) {
      await file.truncate(0);
      done = 0;
    }
    watch.expect(stallMs, 'the download stood still');
    for await (const chunk of response.body) {
      const bytes = chunk as Uint8Array;
      watch.expect(stallMs, 'the download stood still');
      done += bytes.length;
      if (done > spec.bytes) throw new Error('it sent more than the model');
      await writeAll(file, bytes);
      onBytes(done);
    }
    if (done < spec.bytes) throw new Error('the download ended too early');
    await file.sync();
  } catch (error) {
    signal.throwIfAborted();
    throw watch.explain(error);
  } finally {
    watch.stop();
    await file.close();
  }
}

/** Ends a request whose peer stays silent, and knows afterwards why it did. */
class Watch {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;
  #timer: NodeJS.Timeout | undefined;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#controller.signal]);
  }

  expect(ms: number, otherwise: string): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#controller.abort(new Error(otherwise));
    }, ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  explain(error: unknown): unknown {
    if (this.#controller.signal.aborted) return this.#controller.signal.reason;
    const cause: unknown = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof Error)) return error;
    return new Error(`it can't be reached (${(cause as NodeJS.ErrnoException).code ?? cause.message})`, {
      cause: error,
    });
  }
}
