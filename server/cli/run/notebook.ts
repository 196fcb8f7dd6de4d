import { readEnvironment, type Environment } from '../../../kernel/environment/schema.ts';
import { environmentIn } from '../environment/recorded.ts';
import { editNotebook } from '../notebook/edit.ts';
import type { AddedCell } from '../notebook/edit.ts';
import type { NotebookFile } from '../notebook/read.ts';
import type { Cell } from '../notebook/schema.ts';
import { writeWhole } from '../notebook/write.ts';
import type { CellReport, Mode } from './cell-report.ts';
import { execute } from './execute.ts';
import type { ExecuteOptions, Execution } from './execute.ts';
import { parametersCell } from './parameters.ts';
import { readForRunning } from './read.ts';
import type { Parameters } from './parameters.ts';
import { noteWorkspace, ownFolder, recordOf } from './workspaces.ts';

export interface RunOptions extends Pick<
  ExecuteOptions,
  'notebook' | 'python' | 'workspace' | 'view' | 'quit' | 'onStart' | 'command'
> {
  readonly mode?: Mode;
  /** Where what came of it is written; nowhere, if not given. */
  readonly output?: string | undefined;
  readonly parameters?: Parameters | undefined;
  /** Says what a session's results depend on here; asked where no cell recorded it. */
  readonly present?: ((python: string | undefined) => Promise<Environment>) | undefined;
}

export interface RunResult {
  /** Every cell ended well, as far as its mode asks. */
  readonly ok: boolean;
  /** False where there is no `output`, or a run was stopped before a cell had begun: what stands there is left as it was. */
  readonly written: boolean;
  /** It was told to quit. */
  readonly stopped: boolean;
  readonly cells: readonly CellReport[];
  /** What ended it that was no cell's doing. */
  readonly problem?: Error | undefined;
}

/**
 * Executes a notebook in a kernel of its own and writes what came of it.
 * @throws RepliqueError NOTEBOOK_INVALID, NOT_WRITABLE
 */
export async function runNotebook(options: RunOptions): Promise<RunResult> {
  const { notebook: path, output, parameters, mode = 'run' } = options;
  const { python, workspace, view, quit, onStart, command } = options;
  const file = await readForRunning(path);
  const added =
    parameters && parameters.size > 0 ? parametersCell(parameters, file.notebook.cells) : undefined;
  const cells = withAdded(file.notebook.cells, added);
  const execution: Execution = { results: new Map(), reports: [], begun: false, languageInfo: undefined };
  let problem: Error | undefined;
  try {
    await execute(
      { notebook: path, python, workspace, cells, mode, view, quit, onStart, command },
      execution,
    );
  } catch (error) {
    problem = error as Error;
  }
  const { reports } = execution;
  const stopped = quit.aborted;
  const ok = !problem && !stopped && reports.every(({ status }) => status === 'ok');
  const environment =
    mode === 'run' && output !== undefined ? await environmentOf(execution, options) : undefined;
  const ranIn = workspace ?? ownFolder(path);
  const content =
    output === undefined
      ? undefined
      : contentOf(file, mode, added, { ...execution, environment, workspace: recordOf(output, ranIn) }, ok);
  if (output !== undefined && content !== undefined) {
    await writeWhole(output, content);
    if (mode === 'run') await noteWorkspace(output, ranIn).catch(() => undefined); // it is named in the file, too
  }
  return { ok, written: content !== undefined, stopped, cells: reports, problem };
}

/** What the notebook's results depend on: as the kernel recorded it in the last cell that has it, else as it is now. */
async function environmentOf(
  { results }: Execution,
  { present, python }: Pick<RunOptions, 'present' | 'python'>,
): Promise<Environment | undefined> {
  const outputs = [...results.values()].flatMap((result) => result.outputs).toReversed();
  for (const output of outputs) {
    const value = 'metadata' in output ? environmentIn(output.metadata) : undefined;
    const recorded = value === undefined ? undefined : readEnvironment(value);
    if (recorded && 'environment' in recorded) return recorded.environment;
  }
  return present?.(python).catch(() => undefined); // the notebook is written all the same
}

function withAdded(cells: readonly Cell[], added: AddedCell | undefined): readonly Cell[] {
  if (!added) return cells;
  const { index, replaces, source, tags } = added;
  return cells.toSpliced(index, replaces ? 1 : 0, { cell_type: 'code', metadata: { tags }, source });
}

/** What is written. A tape keeps what it recorded, to the byte, but for the cells in which something else came out. */
function contentOf(
  file: NotebookFile,
  mode: Mode,
  added: AddedCell | undefined,
  {
    results,
    reports,
    begun,
    languageInfo,
    ...about
  }: Execution & { environment: unknown; workspace: string },
  ok: boolean,
): string | Uint8Array | undefined {
  if (mode === 'run') {
    if (!ok && !begun) return undefined;
    return editNotebook(file, { added, results, executed: { languageInfo, ...about } });
  }
  const differing = new Set(reports.filter(({ status }) => status !== 'ok').map(({ index }) => index));
  const changed = new Map([...results].filter(([index]) => differing.has(index) || index === added?.index));
  if (changed.size === 0 && !added) return file.bytes;
  return editNotebook(file, { added, results: changed });
}
