import { z } from 'zod';
import { describeError } from '../../../kernel/errors.ts';
import type { EnvironmentReport } from '../environment/differences.ts';
import { divergenceSchema } from '../notebook/replique-data.ts';
import type { Mode } from '../run/cell-report.ts';
import type { RunResult } from '../run/notebook.ts';

const count = z.int().nonnegative();

const cell = z.strictObject({
  index: count,
  executionCount: count.optional(),
  words: z.string(),
  status: z.enum(['ok', 'failed', 'diverged', 'not-run']),
  durationMs: z.number().nonnegative(),
  tokens: count.optional(),
  cost: z.number().nonnegative().optional(),
  error: z.strictObject({ ename: z.string(), evalue: z.string() }).optional(),
  divergences: z.array(divergenceSchema),
});

const notebook = z.strictObject({
  notebook: z.string(),
  output: z.string().optional(),
  status: z.enum(['ok', 'failed', 'diverged', 'stopped']),
  problem: z.string().optional(),
  tokens: count,
  cost: z.number().nonnegative().optional(),
  firstDivergence: count.optional(),
  cells: z.array(cell),
  environment: z
    .strictObject({
      problem: z.string().optional(),
      differences: z.array(
        z.strictObject({
          kind: z.enum([
            ...(['replique', 'node', 'platform', 'python', 'package', 'model'] as const),
            ...(['weights', 'setting', 'file', 'folder'] as const),
          ]),
          name: z.string(),
          recorded: z.string().optional(),
          found: z.string().optional(),
        }),
      ),
    })
    .optional(),
});

/** What `--json` writes; docs/cli.md describes it. */
export const reportSchema = z.strictObject({
  version: z.literal(1),
  command: z.enum(['run', 'replay', 'verify']),
  exitStatus: count,
  notebooks: z.array(notebook),
});
export type Report = z.infer<typeof reportSchema>;

/** One notebook that was to be executed, and what came of it. */
export interface Done extends RunResult {
  readonly notebook: string;
  readonly output?: string | undefined;
  readonly environment?: EnvironmentReport | undefined;
}

export const reportOf = (command: Mode, exitStatus: number, all: readonly Done[]): Report => ({
  version: 1,
  command,
  exitStatus,
  notebooks: all.map(notebookOf),
});

function notebookOf(done: Done): Report['notebooks'][number] {
  const spent = done.cells.flatMap((one) => one.spent ?? []);
  const costs = spent.flatMap(({ cost }) => cost ?? []);
  const first = done.cells.find(({ status }) => status === 'diverged');
  return {
    notebook: done.notebook,
    ...(done.written && done.output !== undefined && { output: done.output }),
    status: statusOf(done),
    ...(done.problem && { problem: describeError(done.problem, false) }),
    tokens: spent.reduce((sum, { tokens }) => sum + tokens, 0),
    ...(costs.length > 0 && { cost: costs.reduce((sum, one) => sum + one, 0) }),
    ...(first && { firstDivergence: first.index }),
    ...(done.environment && { environment: environmentOf(done.environment) }),
    cells: done.cells.map(({ ms, spent: took, error, executionCount, ...rest }) => ({
      ...rest,
      ...(executionCount !== undefined && { executionCount }),
      durationMs: ms,
      ...(took && { tokens: took.tokens }),
      ...(took?.cost !== undefined && { cost: took.cost }),
      ...(error && { error }),
      divergences: [...rest.divergences],
    })),
  };
}

const environmentOf = ({ problem, differences }: EnvironmentReport) => ({
  ...(problem !== undefined && { problem }),
  differences: differences.map(({ kind, name, recorded, found }) => ({
    ...{ kind, name },
    ...(recorded !== undefined && { recorded }),
    ...(found !== undefined && { found }),
  })),
});

function statusOf({ ok, stopped, problem, cells }: Done): Report['notebooks'][number]['status'] {
  if (ok) return 'ok';
  if (stopped) return 'stopped';
  const isFailed = problem || cells.some(({ status }) => status === 'failed' || status === 'not-run');
  return isFailed ? 'failed' : 'diverged';
}
