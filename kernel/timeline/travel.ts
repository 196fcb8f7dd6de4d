import type { Asked } from './contract.ts';
import type { FileDelta, Moved } from './files/contract.ts';
import { sameEntry } from './files/known.ts';
import type { Step, TimelineNode } from './node.ts';
import type { TimelineOptions } from './options.ts';
import { rerun, type Rerun } from './rebuild.ts';
import type { Tree } from './tree.ts';
import { filesBase, filesWay, planMemory, type MemoryPlan } from './ways.ts';
import { rebuilt, tooMuchRan, widgetsLost } from './words.ts';

/** Running code again may take three times as long as it took, and this long in any case. */
const leastRerunMs = 60_000;

/** Memory and files are those of a node now; what was not to be done, or could not be, is in `notes`. */
export interface Arrival {
  readonly moved: Moved;
  readonly notes: readonly string[];
  /** What the files are, where that was not known before. */
  readonly files?: { readonly from: TimelineNode; readonly delta: FileDelta };
}

/** One stands where one stood, or with the memory that these steps make of it. */
export interface Failure {
  readonly problem: string;
  readonly steps: readonly Step[];
}

type Options = Pick<TimelineOptions, 'worker' | 'files' | 'moves'>;

/**
 * Makes memory and files those of another node: from its own copy of the memory, or from the nearest one before it by running
 * again what ran in between. Files come first: a copy of the memory opens its files anew as they are when it takes over.
 * Where that does not succeed, one goes back. `moves` has begun; who calls this ends it on arrival.
 * @param from where one stands; memory and files are kept there. Where it is `to`, too, memory is rebuilt, and files are
 *   afterwards what they are now
 */
export async function travel(
  options: Options,
  tree: Tree,
  ends: { readonly from: TimelineNode; readonly to: TimelineNode },
  { signal }: Pick<Asked, 'signal'>,
): Promise<Arrival | Failure> {
  const trip = new Trip(options, tree, ends);
  const result = await trip
    .go(signal)
    .catch((error: unknown) => trip.back(error instanceof Error ? error.message : String(error)));
  if ('problem' in result) await options.moves.done();
  return result;
}

class Trip {
  readonly #o: Options;
  readonly #tree: Tree;
  readonly #from: TimelineNode;
  readonly #to: TimelineNode;
  readonly #plan: MemoryPlan;
  /** The files are those of this node, and then what this delta says. */
  #filesAt: TimelineNode;
  #delta: FileDelta = [];
  /** What has become of files so far, in order. */
  #made: FileDelta[] = [];
  #done: Rerun['done'] = [];

  constructor(
    options: Options,
    tree: Tree,
    { from, to }: { readonly from: TimelineNode; readonly to: TimelineNode },
  ) {
    this.#o = options;
    this.#tree = tree;
    this.#from = from;
    this.#to = to;
    this.#plan = planMemory(tree, to, (id) => isExact(options.worker, id));
    this.#filesAt = filesBase(tree, from);
  }

  async go(signal: AbortSignal): Promise<Arrival | Failure> {
    const { worker, moves } = this.#o;
    const { base, runs, isIncomplete } = this.#plan;
    if (isIncomplete) return this.back(tooMuchRan);
    if (base !== undefined && runs.length === 0) {
      const moved = await this.#move(filesBase(this.#tree, this.#to));
      await worker.resume(base.snapshot);
      return { moved, notes: [] };
    }
    if (runs.length > 0) moves.runsAgain();
    const away = await this.#move(this.#plan.filesOf);
    if (base) await worker.resume(base.snapshot);
    else await worker.restart();
    const again = await this.#rerun(signal);
    if (again.problem !== undefined) return this.back(again.problem);
    const stays = this.#from === this.#to;
    const isKnown = stays || filesBase(this.#tree, this.#to) === this.#to;
    const from = this.#filesAt;
    const delta = this.#delta;
    const back = stays ? await this.#takeBack() : isKnown ? await this.#move(this.#to) : undefined;
    this.#to.snapshot = await worker.snapshot().catch(() => undefined);
    return {
      moved: together(away, back),
      notes: notesOf(this.#plan, again),
      ...(!isKnown && { files: { from, delta } }),
    };
  }

  async back(problem: string): Promise<Failure> {
    const { worker } = this.#o;
    await this.#takeBack().catch(() => undefined);
    const copy = this.#from.snapshot;
    const isBack =
      copy !== undefined &&
      worker.has(copy) &&
      (await worker.resume(copy).then(
        () => true,
        () => false,
      ));
    if (isBack) return { problem, steps: [] };
    const node = this.#plan.base?.node.id;
    const runs = this.#done.map(({ run }): Step => ({ kind: 'run', ...run }));
    return { problem, steps: [{ kind: 'restored', ...(node !== undefined && { node }) }, ...runs] };
  }

  async #rerun(signal: AbortSignal): Promise<Rerun> {
    const { runs } = this.#plan;
    const limit = AbortSignal.timeout(leastRerunMs + 3 * runs.reduce((sum, { run }) => sum + run.ms, 0));
    const again = await rerun(this.#o.worker, runs, AbortSignal.any([signal, limit]));
    this.#done = again.done;
    this.#delta = (await this.#o.files.changes()).delta;
    this.#made.push(this.#delta);
    await this.#o.moves.note(this.#delta);
    return again;
  }

  /** To the files of a node where they are known. */
  async #move(to: TimelineNode): Promise<Moved> {
    const { undo, redo } = filesWay(this.#tree, this.#filesAt, to);
    const delta = this.#delta;
    this.#filesAt = to;
    this.#delta = [];
    return this.#o.files.move(delta.length === 0 ? undo : [...undo, delta], redo, async (planned) => {
      this.#made.push(planned.filter(({ before, after }) => !sameEntry(before, after)));
      await this.#o.moves.note(planned);
    });
  }

  /** Files are again what they were at first. */
  #takeBack(): Promise<Moved> {
    return this.#o.files.move(this.#made.splice(0), []);
  }
}

/** Whether a copy of Python's memory lives, and has all of it. */
const isExact = (worker: Options['worker'], id: string): boolean =>
  worker.has(id) && worker.limitsOf(id).length === 0;

/** Those of the second are the last word. */
function together(first: Moved, second: Moved | undefined): Moved {
  if (second === undefined) return first;
  return {
    changed: [...new Set([...first.changed, ...second.changed])],
    left: [
      ...first.left,
      ...second.left.filter(({ path }) => !first.left.some((each) => each.path === path)),
    ],
  };
}

function notesOf(plan: MemoryPlan, { done, notes }: Rerun): readonly string[] {
  return [
    ...(done.length === 0 ? [] : [rebuilt(done.length)]),
    ...notes,
    ...(plan.hasWidgets ? [widgetsLost] : []),
  ];
}
