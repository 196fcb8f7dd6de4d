import type { FuzzReport } from '../report.ts';
import { HttpTarget } from './target.ts';
import { FuzzWorld } from './world.ts';

const mostFaults = 20;

/** One run of a fuzzer against a server of its own: what it has sent, how that ended, and what must not be. */
export class ServerRun {
  readonly world: FuzzWorld;
  readonly target: HttpTarget;
  readonly faults: string[] = [];
  readonly ends: Record<string, number> = {};
  messages = 0;
  conversations = 0;

  private constructor(world: FuzzWorld, target: HttpTarget) {
    this.world = world;
    this.target = target;
  }

  /** Starts a server, has it fuzzed, and ends it. */
  static async with(fuzz: (run: ServerRun) => Promise<void>): Promise<FuzzReport> {
    const world = new FuzzWorld();
    const target = await HttpTarget.start(world);
    const run = new ServerRun(world, target);
    try {
      await fuzz(run);
    } finally {
      run.faults.push(...(await target.close()));
      world.remove();
    }
    const { messages, conversations, ends, faults } = run;
    return { messages, conversations, ends, faults };
  }

  /** Whether the server runs. */
  get isUp(): boolean {
    return this.target.fault() === undefined;
  }

  /** Whether there is more to send, of so many messages. */
  goesOn(count: number): boolean {
    return this.messages < count && this.faults.length < mostFaults && this.isUp;
  }

  count(end: string): void {
    this.ends[end] = (this.ends[end] ?? 0) + 1;
  }

  fault(where: string, what: string): void {
    this.faults.push(`${where}: ${what}`);
  }

  /** Looks at the server and at what is around its directory. */
  lookAround(where: string): void {
    for (const fault of this.world.faults()) this.fault(where, fault);
    const ended = this.target.fault();
    if (ended !== undefined) this.fault(where, ended);
  }

  /** What is wrong with an answer, whatever was asked; `undefined`: nothing. */
  leakIn(answer: Buffer | string): string | undefined {
    const isOutside = answer.includes(this.world.secret);
    return isOutside ? 'the answer holds what lies outside of the served directory' : undefined;
  }

  /** An answer that is a fault, with the end of the log. */
  answered(what: string): string {
    return `answered ${what}; log: ${this.target.logged().slice(-1500)}`;
  }
}
