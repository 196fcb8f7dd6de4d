import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { repliqueError } from '../../../kernel/errors.ts';
import type { Message } from '../../../kernel/protocol/header.ts';
import { KernelClient } from '../kernel-client/client.ts';
import type { KernelOptions } from '../kernel-client/process.ts';
import { startKernel } from '../kernel-client/process.ts';
import { kernelProgram } from '../program.ts';
import { Interrupts } from './interrupts.ts';
import { readNotebook, withResults, writeNotebook } from './notebook.ts';
import type { Cell, Executed } from './notebook.ts';
import { CellOutputs, outputMessage } from './outputs.ts';
import type { Displays } from './outputs.ts';
import type { TerminalShow } from './show.ts';

export interface RunOptions {
  readonly notebook: string;
  readonly output: string;
  readonly show: TerminalShow;
  /** Aborted: the run ends; what was executed is written. */
  readonly quit: AbortSignal;
  /** Is given the function that interrupts the running cell and begins none after it. */
  readonly onStart: (interrupt: () => void) => void;
  /** Another kernel than Replique's, as `startKernel` takes it. */
  readonly command?: KernelOptions['command'];
}

const reply = z.looseObject({
  status: z.enum(['ok', 'error', 'aborted']),
  execution_count: z.int().optional(),
});
const info = z.looseObject({ language_info: z.unknown() });

export interface RunResult {
  /** Every cell ended well. */
  readonly ok: boolean;
  /** False where the run was stopped before a cell had begun: what stands at `output` is left as it was. */
  readonly written: boolean;
}

/**
 * Executes a notebook in a kernel of its own, cell after cell, up to the first error, and writes what came of it.
 * @throws RepliqueError NOTEBOOK_INVALID, NOT_WRITABLE, KERNEL_DIED
 */
export async function runNotebook(options: RunOptions): Promise<RunResult> {
  const file = resolve(options.notebook);
  const notebook = await readNotebook(file);
  const kernel = await startKernel({
    command: options.command ?? [process.execPath, kernelProgram(), '-f'],
    cwd: dirname(file),
    env: { ...process.env, JPY_SESSION_NAME: file, REPLIQUE_RESUME: 'ask' },
  });
  const client = new KernelClient(kernel.connection);
  let stopping = false;
  const watch = kernel.exited.then((how) => {
    if (!stopping) client.fail(repliqueError('KERNEL_DIED', { problem: how }));
  });
  const results = new Map<Cell, Executed>();
  let languageInfo: unknown;
  const runAll = async () => {
    const about = info.parse(await client.ready());
    if (options.quit.aborted) return false;
    languageInfo = about.language_info;
    const interrupts = new Interrupts(() => void client.interrupt().catch(() => undefined));
    options.onStart(() => interrupts.ask());
    const cells = notebook.cells.filter((cell) => cell.cell_type === 'code' && cell.source.trim() !== '');
    return runCells(client, cells, results, interrupts, options);
  };
  let ok = false;
  let written = false;
  try {
    ok = await Promise.race([aborted(options.quit), runAll()]);
  } finally {
    stopping = true;
    written = ok || results.size > 0;
    client.shutdown().catch(() => undefined); // it may be gone already; stop() makes sure
    await kernel.stop();
    await client.close();
    await watch;
    if (written) await writeNotebook(options.output, withResults(notebook, results, languageInfo));
  }
  return { ok, written };
}

/** Settles with false when the signal is aborted, or was already. */
function aborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    else signal.addEventListener('abort', () => resolve(false), { once: true });
  });
}

async function runCells(
  client: KernelClient,
  cells: readonly Cell[],
  results: Map<Cell, Executed>,
  interrupts: Interrupts,
  { show }: RunOptions,
): Promise<boolean> {
  const displays: Displays = new Map();
  let count = 0;
  for (const cell of cells) {
    if (interrupts.asked) return false;
    count += 1;
    const { outputs, apply } = collect(displays, show);
    show.prompt(count, cell.source);
    const executionCount = count;
    const onMessage = (message: Message) => {
      if (message.header.msg_type === 'execute_input') {
        results.set(cell, { executionCount, outputs });
        interrupts.cellBegan();
      }
      apply(message);
    };
    const content = reply.parse(await client.execute({ code: cell.source, onMessage }));
    interrupts.cellEnded();
    results.set(cell, { executionCount: content.execution_count ?? count, outputs });
    const tags = cell.metadata['tags'];
    const mayFail = Array.isArray(tags) && tags.includes('raises-exception');
    if (content.status !== 'ok' && !mayFail) return false;
  }
  return true;
}

function collect(displays: Displays, show: TerminalShow) {
  const cell = new CellOutputs(displays);
  const apply = (message: Message) => {
    const output = outputMessage(message);
    if (!output) return;
    cell.apply(output);
    show.show(output);
  };
  return { outputs: cell.outputs, apply };
}
