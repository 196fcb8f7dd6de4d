import { resolve } from 'node:path';
import { z } from 'zod';
import { repliqueError } from '../../../kernel/errors.ts';
import type { Message } from '../../../kernel/protocol/header.ts';
import { KernelClient } from '../kernel-client/client.ts';
import type { KernelOptions } from '../kernel-client/process.ts';
import { startKernel } from '../kernel-client/process.ts';
import type { Executed } from '../notebook/results.ts';
import type { Cell } from '../notebook/schema.ts';
import { kernelProgram } from '../program.ts';
import type { CellReport, Mode } from './cell-report.ts';
import { firstWords, notRun, reportOf } from './cell-report.ts';
import { Interrupts } from './interrupts.ts';
import { ownFolder } from './workspaces.ts';
import { CellOutputs, outputMessage } from '../../outputs.ts';
import type { Displays, OutputMessage } from '../../outputs.ts';

/** Who sees a notebook being executed. */
export interface View {
  /** A cell begins. */
  prompt(count: number, source: string): void;
  show(message: OutputMessage): void;
  /** A cell has ended, or will not be reached. */
  ended?(cell: CellReport): void;
  progress?(state: Progress): void;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** First words of the cell that runs. */
  readonly words: string;
}

export interface ExecuteOptions {
  /** The notebook's file, which the kernel takes for its tape. */
  readonly notebook: string;
  /** The Python of helpers; absent: the configured one. */
  readonly python?: string | undefined;
  /** The folder that code works in; absent: the notebook's own. */
  readonly workspace?: string | undefined;
  readonly cells: readonly Cell[];
  readonly mode: Mode;
  readonly view: View;
  /** Aborted: the run ends. */
  readonly quit: AbortSignal;
  /** Is given the function that interrupts the running cell and begins none after it. */
  readonly onStart: (interrupt: () => void) => void;
  /** Another kernel than Replique's, as `startKernel` takes it. */
  readonly command?: KernelOptions['command'] | undefined;
}

/** What has been executed so far; it is filled while the notebook runs, and holds when that fails. */
export interface Execution {
  readonly results: Map<number, Executed>;
  readonly reports: CellReport[];
  /** Whether a cell had begun when it ended. */
  begun: boolean;
  languageInfo: unknown;
}

const reply = z.looseObject({
  status: z.enum(['ok', 'error', 'aborted']),
  execution_count: z.int().optional(),
});
const info = z.looseObject({ language_info: z.unknown() });

/**
 * Executes the code cells in a kernel of their own, one after the other: a run up to the first error, a tape to its end.
 * @param execution is told what comes of it
 * @throws RepliqueError KERNEL_DIED
 */
export async function execute(options: ExecuteOptions, execution: Execution): Promise<void> {
  const file = resolve(options.notebook);
  const kernel = await startKernel({
    command: options.command ?? [process.execPath, kernelProgram(), '-f'],
    cwd: options.workspace ?? ownFolder(file),
    env: {
      ...{ ...process.env, JPY_SESSION_NAME: file, REPLIQUE_RESUME: 'ask' },
      ...(options.python !== undefined && { REPLIQUE_PYTHON: options.python }),
      ...tape(options.mode, file),
    },
  });
  const client = new KernelClient(kernel.connection);
  let stopping = false;
  const watch = kernel.exited.then((how) => {
    if (!stopping) client.fail(repliqueError('KERNEL_DIED', { problem: how }));
  });
  const runAll = async () => {
    const about = info.parse(await client.ready());
    if (options.quit.aborted) return;
    execution.languageInfo = about.language_info;
    const interrupts = new Interrupts(() => void client.interrupt().catch(() => undefined));
    options.onStart(() => interrupts.ask());
    await runCells(client, interrupts, options, execution);
  };
  try {
    await Promise.race([aborted(options.quit), runAll()]);
  } finally {
    stopping = true;
    execution.begun = execution.results.size > 0;
    client.shutdown().catch(() => undefined); // it may be gone already; stop() makes sure
    await kernel.stop();
    await client.close();
    await watch;
    const reached = new Set(execution.reports.map(({ index }) => index));
    for (const [index, cell] of codeCells(options.cells)) {
      if (!reached.has(index)) end(notRun(cell, index), options.view, execution);
    }
  }
}

function tape(mode: Mode, file: string): Record<string, string> {
  return mode === 'run' ? {} : { REPLIQUE_TAPE: file, REPLIQUE_TAPE_MODE: mode };
}

/** The cells that have something to execute, each with its index. */
const codeCells = (cells: readonly Cell[]): [number, Cell][] =>
  [...cells.entries()].filter(([, cell]) => cell.cell_type === 'code' && cell.source.trim() !== '');

/** Settles when the signal is aborted, or was already. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function runCells(
  client: KernelClient,
  interrupts: Interrupts,
  options: ExecuteOptions,
  execution: Execution,
): Promise<void> {
  const { mode, view } = options;
  const displays: Displays = new Map();
  const cells = codeCells(options.cells);
  for (const [at, [index, cell]] of cells.entries()) {
    if (interrupts.asked) return;
    const { outputs, apply } = collect(displays, view);
    view.progress?.({ done: at, total: cells.length, words: firstWords(cell.source) });
    view.prompt(at + 1, cell.source);
    const onMessage = (message: Message) => {
      if (message.header.msg_type === 'execute_input') {
        execution.results.set(index, { executionCount: at + 1, outputs });
        interrupts.cellBegan();
      }
      apply(message);
    };
    const began = performance.now();
    const content = reply.parse(await client.execute({ code: cell.source, onMessage }));
    interrupts.cellEnded();
    const executionCount = content.execution_count ?? at + 1;
    execution.results.set(index, { executionCount, outputs });
    const ms = Math.round(performance.now() - began);
    const report = reportOf(mode, { cell, index, executionCount, status: content.status, outputs, ms });
    end(report, view, execution);
    if (mode === 'run' && report.status === 'failed') return;
  }
  view.progress?.({ done: cells.length, total: cells.length, words: '' });
}

function end(report: CellReport, view: View, execution: Execution): void {
  execution.reports.push(report);
  view.ended?.(report);
}

function collect(displays: Displays, view: View) {
  const cell = new CellOutputs(displays);
  const apply = (message: Message) => {
    const output = outputMessage(message);
    if (!output) return;
    cell.apply(output);
    view.show(output);
  };
  return { outputs: cell.outputs, apply };
}
