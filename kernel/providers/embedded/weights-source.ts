import type { ModelSpec } from './models.ts';

export interface FetchContext {
  readonly signal: AbortSignal;
  /** Called with the number of bytes that are there so far. */
  readonly onBytes: (done: number) => void;
}

/** A place that weights can come from. */
export interface WeightSource {
  /** What a person is told about it for this model; undefined if it does not have it. */
  describe(spec: ModelSpec): string | undefined;
  /**
   * Completes the file `partial` to `spec.bytes` bytes, going on from what is usable of it.
   * What was fetched stays there when it fails, so that the next call goes on.
   * @throws Error with a sentence that says why not
   */
  fetch(spec: ModelSpec, partial: string, context: FetchContext): Promise<void>;
}

/** Is this the system saying that the disk, or the user's share of it, is full? */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
