import { converse } from './http/sockets.ts';
import { exchange, type RawAnswer } from './http/exchange.ts';
import type { Known } from './http/paths.ts';
import { requestFor, type RawRequest } from './http/requests.ts';
import { ServerRun } from './http/run.ts';
import type { Health } from './http/serve.ts';
import { Random } from './random.ts';
import type { FuzzReport } from './report.ts';

/** Requests between two looks at the server and its surroundings. */
const perBatch = 500;
/** Sent at once. */
const lanes = 12;
/** Ids of events that requests begin from. */
const mostEvents = 20;
/** Of WebSockets, each with some frames. */
const socketShare = 0.05;
/** Before its answer is lost where the server closes without reading it. */
const largeBytes = 60_000;
const bounds = { grownMb: 60, residentMb: 900, descriptors: 100 };

/**
 * Sends a server requests and WebSocket frames, right, wrong and hostile. It must answer each whole one without an error of its own, go
 * on, change nothing outside of its directory, and not grow.
 * @param onProgress called from time to time with the number of requests so far
 */
export const fuzzHttp = (
  seed: number,
  count: number,
  onProgress: (messages: number) => void = () => undefined,
): Promise<FuzzReport> =>
  ServerRun.with(async (run) => {
    const requests = new Requests(run);
    const random = new Random(seed);
    while (run.goesOn(count)) {
      const before = run.messages;
      await requests.batch(random.below(2 ** 31), Math.min(perBatch, count - run.messages));
      if (Math.floor(before / 10_000) !== Math.floor(run.messages / 10_000)) onProgress(run.messages);
    }
    await requests.settle();
  });

/** The requests to one server. */
class Requests {
  readonly #run: ServerRun;
  #first: Health | undefined;
  /** Ids of the last events that it has told of. */
  #events: readonly string[] = [];

  constructor(run: ServerRun) {
    this.#run = run;
  }

  /** Sends so many requests, which a seed decides, and looks at what they have left. */
  async batch(seed: number, count: number): Promise<void> {
    const run = this.#run;
    try {
      run.world.renew();
      const known = await run.target.withRuns(await run.target.tidy());
      this.#first ??= await run.target.health();
      let left = count;
      const random = new Random(seed);
      const lane = async (): Promise<void> => {
        while (left > 0 && run.isUp) {
          left -= 1;
          const own = random.below(2 ** 31);
          const now = { ...known, events: this.#events };
          const sent = await this.#one(new Random(own), now, `batch ${seed}, request ${own}`);
          run.messages += sent; // not with the line before: others count meanwhile
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
    } catch (error) {
      run.fault(`after batch ${seed}`, `a plain request failed: ${String(error)}`);
    }
    run.lookAround(`after batch ${seed}`);
  }

  /** Looks at what a server holds when nobody asks it for anything. */
  async settle(): Promise<void> {
    const { target, isUp, ends } = this.#run;
    if (!isUp || this.#first === undefined) return;
    await target.tidy();
    const { usedMb, residentMb, descriptors } = await target.health();
    const said = `memory in use ${this.#first.usedMb.toFixed(0)} MB, then ${usedMb.toFixed(0)}; resident ${residentMb.toFixed(0)} MB; descriptors ${this.#first.descriptors}, then ${descriptors}`;
    ends['MB in use'] = Math.round(usedMb);
    ends['MB resident'] = Math.round(residentMb);
    ends['descriptors'] = descriptors;
    const hasGrown =
      usedMb - this.#first.usedMb > bounds.grownMb ||
      residentMb > bounds.residentMb ||
      descriptors - this.#first.descriptors > bounds.descriptors;
    if (hasGrown) this.#run.fault('at the end', `the server has grown: ${said}`);
  }

  async #one(random: Random, known: Known, where: string): Promise<number> {
    const run = this.#run;
    if (random.chance(socketShare)) {
      const { messages, end, fault } = await converse(random, known, run.target);
      run.conversations += 1;
      run.count(`sockets ${end}`);
      if (fault !== undefined && run.isUp) run.fault(where, fault);
      return messages;
    }
    const request = requestFor(random, known, run.target);
    const answer = await exchange(run.target.port, request);
    run.count(answer.status === undefined ? answer.end : `${Math.floor(answer.status / 100)}xx`);
    if (answer.isStream) this.#heard(answer.bytes.toString('latin1'));
    const fault = run.isUp ? this.#faultOf(request, answer) : undefined;
    if (fault !== undefined) run.fault(where, `${fault}: ${shown(request)}`);
    return 1;
  }

  #faultOf(request: RawRequest, { status, bytes, end }: RawAnswer): string | undefined {
    const leak = this.#run.leakIn(bytes);
    if (leak !== undefined) return leak;
    if (status !== undefined && status >= 500 && !isMeant(request, status)) {
      const text = bytes.toString('utf8', 0, 12_000).replace(/^.*\r\n\r\n/s, `${status}: `);
      return this.#run.answered(text);
    }
    const isLarge = request.pieces.reduce((sum, { length }) => sum + length, 0) > largeBytes;
    if (!request.isWhole || end === 'whole' || (end === 'cut' && isLarge)) return undefined;
    return end === 'silent' ? 'not answered' : 'closed without a whole answer';
  }

  /** A stream of events. */
  #heard(text: string): void {
    this.#run.count('streams');
    const ids = [...text.matchAll(/^id: ([0-9a-f]+-\d+)$/gm)].map(([, id = '']) => id);
    this.#events = [...this.#events, ...ids].slice(-mostEvents);
  }
}

/** A session whose kernel there is not: jupyter_server's clients know the code by its body. */
const isMeant = ({ target }: RawRequest, status: number): boolean =>
  status === 501 && target.includes('sessions');

const shown = ({ pieces }: RawRequest): string =>
  JSON.stringify(
    Buffer.concat([...pieces])
      .toString('latin1')
      .slice(0, 900),
  );
