import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Conversation } from '../../kernel/loop/conversation.ts';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import type { Asked, CellStart } from '../../kernel/timeline/contract.ts';
import { createFileHistory } from '../../kernel/timeline/files/history.ts';
import { Journal } from '../../kernel/timeline/journal/journal.ts';
import { recordingWorker } from '../../kernel/timeline/recorder.ts';
import { Timeline } from '../../kernel/timeline/timeline.ts';
import { MoveKeeper } from '../../kernel/timeline/unfinished/keeper.ts';
import { isCell } from '../../kernel/timeline/tree.ts';
import { Workers } from '../support/workers.ts';
import { planOf, prelude, type Act } from './plan.ts';
import { differences, stateOf } from './state.ts';

export interface Report {
  readonly sequences: number;
  readonly cells: number;
  readonly moves: number;
  readonly rebuilt: number;
  /** What was not as in a fresh run, with the number of its sequence. */
  readonly problems: readonly string[];
}

interface Place {
  readonly worker: SessionWorker;
  readonly workspace: string;
}

/** Plays sequences of cells and moves, and holds each end against a fresh run of the same path. */
export class Player {
  readonly #workers = new Workers();
  readonly #directory = mkdtempSync(join(tmpdir(), 'replique-timelines-'));
  #timeline: Timeline | undefined;
  readonly #played: Place;
  readonly #fresh: Place;
  readonly #starts = new Map<Place, string>();
  #cells = 0;
  #moves = 0;
  #rebuilt = 0;

  constructor() {
    const isolation = 'bubblewrap';
    this.#played = this.#workers.create({ isolation, onReplaced: (id) => this.#timeline?.replaced(id) });
    this.#fresh = this.#workers.create({ isolation });
  }

  async play(
    seed: number,
    numbers: readonly number[],
    told: (done: number) => void = () => undefined,
  ): Promise<Report> {
    const problems: string[] = [];
    for (const [at, number] of numbers.entries()) {
      for (const problem of await this.#sequence(seed, number)) problems.push(`${number}: ${problem}`);
      told(at + 1);
    }
    const [cells, moves, rebuilt] = [this.#cells, this.#moves, this.#rebuilt];
    return { sequences: numbers.length, cells, moves, rebuilt, problems };
  }

  async close(): Promise<void> {
    await this.#workers.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #sequence(seed: number, number: number): Promise<readonly string[]> {
    const { worker, workspace } = this.#played;
    await this.#begin(this.#played);
    const session = `s${number}`;
    const conversation = new Conversation('');
    const journal = new Journal({
      ...{ directory: this.#directory, session, redact: (text: string) => text, log: () => undefined },
    });
    const timeline = new Timeline({
      ...{ worker, conversation, directory: this.#directory },
      files: createFileHistory({ workspace, objects: join(this.#directory, session, 'objects') }),
      journal,
      moves: new MoveKeeper({ directory: this.#directory, session, workspace, log: () => undefined }),
      hasNetwork: () => false,
      log: () => undefined,
    });
    this.#timeline = timeline;
    const recorded = recordingWorker(worker, {
      took: (step) => timeline.took(step),
      opened: () => undefined,
    });
    await timeline.keep(); // a fresh process would lack the prelude
    let count = 0;
    for (const act of planOf(seed, number)) {
      if (act.kind === 'cell') await this.#cell(timeline, recorded, conversation, act, (count += 1));
      else await this.#move(timeline, act);
    }
    await journal.close();
    rmSync(join(this.#directory, session), { recursive: true, force: true });
    const found = await stateOf(worker, workspace);
    const expected = await this.#freshRun(timeline);
    this.#timeline = undefined;
    return differences(found, expected);
  }

  async #cell(
    timeline: Timeline,
    worker: SessionWorker,
    conversation: Conversation,
    { code, language, isQuick }: Extract<Act, { kind: 'cell' }>,
    executionCount: number,
  ): Promise<void> {
    this.#cells += 1;
    const start: CellStart = { kind: 'code', executionCount, source: code, ...asked(() => undefined) };
    await timeline.begin(start);
    worker.beginCell(executionCount);
    const { status } = await worker.execute(runOf(code, language));
    conversation.recordUserCode(code, language, status);
    timeline.end({ tokens: 0, failed: status !== 'ok' });
    if (!isQuick) await timeline.keep();
  }

  async #move(timeline: Timeline, act: Exclude<Act, { kind: 'cell' }>): Promise<void> {
    const { tree } = timeline;
    if (act.kind === 'evict') {
      for (const [at, { snapshot }] of tree.nodes.entries())
        if (snapshot !== undefined && at > 0 && fraction(at * 0.618) < act.share)
          await this.#played.worker.drop(snapshot);
      return;
    }
    this.#moves += 1;
    const said: string[] = [];
    const to = asked((text) => said.push(text));
    const cells = tree.path.filter(isCell);
    const branches = [...tree.branches.keys()];
    const refusal =
      act.kind === 'rewind'
        ? await timeline.rewind(cells[Math.floor(act.place * cells.length)]?.executionCount, to)
        : await timeline.checkout(branches[Math.floor(act.place * branches.length)] ?? 'main', to);
    if (refusal !== undefined && cells.length > 0) throw new Error(refusal.problem);
    if (said.some((text) => text.includes('was rebuilt'))) this.#rebuilt += 1;
  }

  /** The state that a process has in which nothing but this path ran. */
  async #freshRun({ tree }: Timeline): ReturnType<typeof stateOf> {
    const { worker, workspace } = this.#fresh;
    await this.#begin(this.#fresh);
    for (const { steps, executionCount } of tree.path) {
      for (const step of steps) {
        if (step.kind !== 'run') continue;
        worker.beginCell(executionCount);
        await worker.execute(runOf(step.code, step.language));
      }
    }
    return stateOf(worker, workspace);
  }

  /** A workspace with a person's files in it, and memory as after the prelude. */
  async #begin(place: Place): Promise<void> {
    const { worker, workspace } = place;
    mkdirSync(workspace, { recursive: true });
    for (const name of readdirSync(workspace))
      rmSync(join(workspace, name), { recursive: true, force: true });
    mkdirSync(join(workspace, 'sub'));
    for (const name of ['one.txt', 'sub/three.txt']) writeFileSync(join(workspace, name), name);
    const start = this.#starts.get(place);
    if (start !== undefined && worker.has(start)) {
      await worker.resume(start);
      return;
    }
    await worker.restart();
    const { status, error } = await worker.execute(runOf(prelude, 'python'));
    if (status !== 'ok') throw new Error(`The prelude failed: ${JSON.stringify(error)}`);
    this.#starts.set(place, await worker.snapshot());
  }
}

const fraction = (value: number): number => value - Math.floor(value);

const asked = (say: Asked['say']): Asked => ({ say, signal: new AbortController().signal });

const runOf = (code: string, language: string): Parameters<SessionWorker['execute']>[0] => ({
  ...{ code, language, timeoutMs: 30_000, onOutput: () => undefined },
  signal: new AbortController().signal,
});
