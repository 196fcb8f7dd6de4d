import { readEvents, type Shown } from './events.ts';
import type { CellWidget, Future, NotebookPanel } from './jupyter.ts';

/** A cell that is being shown, and what its output area listens to. */
interface Followed {
  readonly cell: CellWidget;
  readonly future: Future;
  readonly end: () => void;
}

/**
 * Cells that ran when their notebook was opened go on being shown, as if this page had asked for them; settles when none of them runs
 * any more.
 * @param ask asks our server for the events of what runs in a session
 */
export async function followRunning(
  panel: NotebookPanel,
  ask: (session: string) => Promise<ReadableStream<Uint8Array> | null>,
): Promise<void> {
  const { session } = panel.sessionContext;
  const body = session && (await ask(session.id));
  if (!body) return;
  const followed = new Map<string, Followed>();
  try {
    for await (const event of readEvents(body)) {
      if (event.event === 'running') {
        const cell = panel.content.widgets.find(({ model }) => model.id === event.cell_id);
        if (!cell?.outputArea) continue;
        const one = follow(cell, event.run);
        followed.set(event.run, one);
        for (const message of event.messages) show(one, message);
      } else if (event.event === 'output') {
        const one = followed.get(event.run);
        if (one && isStillIts(one)) show(one, event);
      } else if (event.event === 'finished') {
        const one = followed.get(event.run);
        if (one && isStillIts(one)) number(one, event.execution_count);
        one?.end();
      }
    }
  } finally {
    for (const { end } of followed.values()) end();
  }
}

function follow(cell: CellWidget, run: string): Followed {
  let end = (): void => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  const nothing = (): void => undefined;
  const future: Future = {
    ...{ msg: { header: { msg_id: run } }, done, isDisposed: false, dispose: nothing },
    ...{ onIOPub: nothing, onReply: nothing, onStdin: nothing },
  };
  cell.model.trusted = true; // as of any cell that runs: its outputs come from the kernel
  if (cell.outputArea) cell.outputArea.future = future;
  cell.model.executionState = 'running'; // for one that is drawn only when it is scrolled to
  cell.setPrompt?.('*');
  return { cell, future, end };
}

/** Whether nobody has run the cell again meanwhile. */
const isStillIts = ({ cell, future }: Followed): boolean => cell.outputArea?.future === future;

/** The file may have the number already; then no change of it takes the star away. */
function number({ cell }: Followed, count: number | null): void {
  cell.model.executionCount = count;
  cell.model.executionState = 'idle';
  cell.setPrompt?.(count === null ? '' : String(count));
}

function show({ future }: Followed, { type, content }: Shown): void {
  future.onIOPub({ header: { msg_type: type }, parent_header: future.msg.header, content, metadata: {} });
}
