import { converse } from './http/sockets.ts';
import { exchange, type RawAnswer } from './http/exchange.ts';
import type { Known } from './http/paths.ts';
import { requestFor, type RawRequest } from './http/requests.ts';
import type { Health } from './http/serve.ts';
import { HttpTarget } from './http/target.ts';
import { FuzzWorld } from './http/world.ts';
import { Random } from './random.ts';
import type { FuzzReport } from './report.ts';

const mostFaults = 20;
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
export async function fuzzHttp(
  seed: number,
  count: number,
  onProgress: (messages: number) => void = () => undefined,
): Promise<FuzzReport> {
  const world = new FuzzWorld();
  const target = await HttpTarget.start(world);
  const run = new HttpRun(world, target);
  const random = new Random(seed);
  try {
    while (run.messages < count && run.faults.length < mostFaults && target.fault() === undefined) {
      const before = run.messages;
      await run.batch(random.below(2 ** 31), Math.min(perBatch, count - run.messages));
      if (Math.floor(before / 10_000) !== Math.floor(run.messages / 10_000)) onProgress(run.messages);
    }
    await run.settle();
  } finally {
    run.faults.push(...(await target.close()));
    world.remove();
  }
  return run.report();
}

/** The requests to one server. */
class HttpRun {
  readonly faults: string[] = [];
  messages = 0;
  readonly #world: FuzzWorld;
  readonly #target: HttpTarget;
  readonly #ends: Record<string, number> = {};
  #sockets = 0;
  #first: Health | undefined;
  /** Ids of the last events that it has told of. */
  #events: readonly string[] = [];

  constructor(world: FuzzWorld, target: HttpTarget) {
    this.#world = world;
    this.#target = target;
  }

  /** Sends so many requests, which a seed decides, and looks at what they have left. */
  async batch(seed: number, count: number): Promise<void> {
    try {
      this.#world.renew();
      const known = await this.#target.withRuns(await this.#target.tidy());
      this.#first ??= await this.#target.health();
      let left = count;
      const random = new Random(seed);
      const lane = async (): Promise<void> => {
        while (left > 0 && this.#target.fault() === undefined) {
          left -= 1;
          const own = random.below(2 ** 31);
          const now = { ...known, events: this.#events };
          const sent = await this.#one(new Random(own), now, `batch ${seed}, request ${own}`);
          this.messages += sent;
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
    } catch (error) {
      this.#fault(`after batch ${seed}`, `a plain request failed: ${String(error)}`);
    }
    for (const fault of this.#world.faults()) this.#fault(`after batch ${seed}`, fault);
    const ended = this.#target.fault();
    if (ended !== undefined) this.#fault(`in batch ${seed}`, ended);
  }

  /** Looks at what a server holds when nobody asks it for anything. */
  async settle(): Promise<void> {
    if (this.#target.fault() !== undefined || this.#first === undefined) return;
    await this.#target.tidy();
    const { usedMb, residentMb, descriptors } = await this.#target.health();
    const said = `memory in use ${this.#first.usedMb.toFixed(0)} MB, then ${usedMb.toFixed(0)}; resident ${residentMb.toFixed(0)} MB; descriptors ${this.#first.descriptors}, then ${descriptors}`;
    this.#ends['MB in use'] = Math.round(usedMb);
    this.#ends['MB resident'] = Math.round(residentMb);
    this.#ends['descriptors'] = descriptors;
    const hasGrown =
      usedMb - this.#first.usedMb > bounds.grownMb ||
      residentMb > bounds.residentMb ||
      descriptors - this.#first.descriptors > bounds.descriptors;
    if (hasGrown) this.#fault('at the end', `the server has grown: ${said}`);
  }

  report(): FuzzReport {
    const { messages, faults } = this;
    return { messages, conversations: this.#sockets, ends: this.#ends, faults };
  }

  async #one(random: Random, known: Known, where: string): Promise<number> {
    if (random.chance(socketShare)) {
      const { messages, end, fault } = await converse(random, known, this.#target);
      this.#sockets += 1;
      this.#count(`sockets ${end}`);
      if (fault !== undefined && this.#target.fault() === undefined) this.#fault(where, fault);
      return messages;
    }
    const request = requestFor(random, known, this.#target);
    const answer = await exchange(this.#target.port, request);
    this.#count(answer.status === undefined ? answer.end : `${Math.floor(answer.status / 100)}xx`);
    if (answer.isStream) this.#heard(answer.bytes.toString('latin1'));
    const fault = this.#target.fault() === undefined ? this.#faultOf(request, answer) : undefined;
    if (fault !== undefined) this.#fault(where, `${fault}: ${shown(request)}`);
    return 1;
  }

  #faultOf(request: RawRequest, { status, bytes, end }: RawAnswer): string | undefined {
    if (bytes.includes(this.#world.secret))
      return 'the answer holds what lies outside of the served directory';
    if (status !== undefined && status >= 500 && !isMeant(request, status)) {
      return `answered ${bytes.toString('utf8', 0, 12_000).replace(/^.*\r\n\r\n/s, `${status}: `)}; log: ${this.#target.logged().slice(-1500)}`;
    }
    const isLarge = request.pieces.reduce((sum, { length }) => sum + length, 0) > largeBytes;
    if (!request.isWhole || end === 'whole' || (end === 'cut' && isLarge)) return undefined;
    return end === 'silent' ? 'not answered' : 'closed without a whole answer';
  }

  /** A stream of events. */
  #heard(text: string): void {
    this.#count('streams');
    const ids = [...text.matchAll(/^id: ([0-9a-f]+-\d+)$/gm)].map(([, id = '']) => id);
    this.#events = [...this.#events, ...ids].slice(-mostEvents);
  }

  #count(end: string): void {
    this.#ends[end] = (this.#ends[end] ?? 0) + 1;
  }

  #fault(where: string, what: string): void {
    this.faults.push(`${where}: ${what}`);
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
