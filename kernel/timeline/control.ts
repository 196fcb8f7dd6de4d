import type { SessionWorker } from '../sandbox/session-worker.ts';
import type { Asked, Refusal, Shown, TimelineControl } from './contract.ts';
import { rowsOf } from './draw/rows.ts';
import { svgOf } from './draw/svg.ts';
import { textOf } from './draw/text.ts';
import type { Timeline } from './timeline.ts';

const mostRows = 300;
const interrupted: Refusal = { problem: 'It was interrupted.' };

/** Runs something when nothing else runs; `undefined` where the signal came before. */
type Alone = <T>(signal: AbortSignal, action: () => Promise<T>) => Promise<T | undefined>;

/**
 * What a person can ask of the timeline, each when nothing else runs.
 * @param saved settles when what was done so far is saved: a move is not answered before
 */
export function createControl(
  timeline: Timeline,
  worker: Pick<SessionWorker, 'has'>,
  alone: Alone,
  saved: () => Promise<unknown>,
): TimelineControl {
  const whenFree = async (
    { signal }: Pick<Asked, 'signal'>,
    action: () => Promise<Refusal | undefined>,
  ): Promise<Refusal | undefined> => {
    const result = await alone(signal, async () => {
      const refusal = await action();
      await saved();
      return { refusal };
    });
    return result === undefined ? interrupted : result.refusal;
  };
  return {
    modes: () => timeline.modes,
    setModes: (modes) => {
      timeline.modes = modes;
    },
    rewind: (executionCount, asked) => whenFree(asked, () => timeline.rewind(executionCount, asked)),
    checkout: (branch, asked) => whenFree(asked, () => timeline.checkout(branch, asked)),
    branch: (name, asked) => whenFree(asked, () => timeline.branch(name, asked)),
    branches: () => [...timeline.tree.branches.keys()],
    on: () => timeline.tree.on,
    draw: async (asked) => {
      const drawn = await alone(asked.signal, async () => {
        await timeline.settle(asked);
        await timeline.keep();
        return draw(timeline, worker);
      });
      return drawn ?? interrupted;
    },
    compare: async (places, asked) =>
      (await alone(asked.signal, () => timeline.compare(places, asked))) ?? interrupted,
    diff: async (a, b, asked) => (await alone(asked.signal, () => timeline.diff(a, b, asked))) ?? interrupted,
  };
}

function draw({ tree }: Timeline, worker: Pick<SessionWorker, 'has'>): Shown {
  const all = rowsOf(tree, (id) => worker.has(id));
  const rows = all.slice(-mostRows);
  const more = all.length - rows.length;
  const text = `${more > 0 ? `… ${more} earlier cells\n` : ''}${textOf(rows)}`;
  return { markdown: text, text, svg: svgOf(rows) };
}
