import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { repliqueError } from '../../../kernel/errors.ts';
import type { Message } from '../../../kernel/protocol/header.ts';
import { KernelClient } from '../kernel-client/client.ts';
import type { KernelOptions } from '../kernel-client/process.ts';
import { startKernel } from '../kernel-client/process.ts';
import { kernelProgram } from '../program.ts';
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
  /** Is given the function that interrupts the running cell. */
  readonly onStart: (interrupt: () => void) => void;
  /** Another kernel than Replique's, as `startKernel` takes it. */
  readonly command?: KernelOptions['command'];
}

const reply = z.looseObject({
  status: z.enum(['ok', 'error', 'aborted']),
  execution_count: z.int().optional(),
});
const info = z.looseObject({ language_info: z.unknown() });

/**
 * Executes a notebook in a kernel of its own, cell after cell, up to the first error, and writes what came of it.
 * @returns whether every cell ended well
 * @throws RepliqueError NOTEBOOK_INVALID, NOT_WRITABLE, KERNEL_DIED
 */
export async function runNotebook(options: RunOptions): Promise<boolean> {
  const file = resolve(options.notebook);
  const notebook = await readNotebook(file);
  const kernel = await startKernel({
    command: options.command ?? [process.execPath, kernelProgram(), '-f'],
    cwd: dirname(file),
    env: { ...process.env, JPY_SESSION_NAME: file },
  });
  const client = new KernelClient(kernel.connection);
  let stopping = false;
  const watch = kernel.exited.then((how) => {
    if (!stopping) client.fail(repliqueError('KERNEL_DIED', { problem: how }));
  });
  const quit = new Promise<false>((resolve) => {
    if (options.quit.aborted) resolve(false); // while the kernel was being started
    options.quit.addEventListener('abort', () => resolve(false));
  });
  const interrupts = new Interrupts(() => void client.interrupt().catch(() => undefined));
  const results = new Map<Cell, Executed>();
  let languageInfo: unknown;
  try {
    ({ language_info: languageInfo } = info.parse(await client.ready()));
    options.onStart(() => interrupts.ask());
    const cells = notebook.cells.filter((cell) => cell.cell_type === 'code' && cell.source.trim() !== '');
    return await Promise.race([quit, runCells(client, cells, results, interrupts, options)]);
  } finally {
    stopping = true;
    client.shutdown().catch(() => undefined); // it may be gone already; stop() makes sure
    await kernel.stop();
    await client.close();
    await watch;
    if (languageInfo !== undefined) {
      await writeNotebook(options.output, withResults(notebook, results, languageInfo));
    }
  }
}

/** A person's wish to interrupt reaches a cell that the kernel runs: this one, or the next where none has begun. */
class Interrupts {
  readonly #send: () => void;
  #running = false;
  #waiting = false;

  constructor(send: () => void) {
    this.#send = send;
  }

  ask(): void {
    if (this.#running) this.#send();
    else this.#waiting = true;
  }

  cellBegan(): void {
    this.#running = true;
    if (this.#waiting) this.#send();
    this.#waiting = false;
  }

  cellEnded(): void {
    this.#running = false;
  }
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
    count += 1;
    const { outputs, apply } = collect(displays, show);
    results.set(cell, { executionCount: count, outputs });
    show.prompt(count, cell.source);
    const onMessage = (message: Message): void => {
      if (message.header.msg_type === 'execute_input') interrupts.cellBegan();
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
