import type { Command } from 'commander';
import { ensureSandbox } from '../setup/index.ts';
import { runKernelSetup } from '../setup/kernel-setup.ts';
import { checkWritable, readNotebook } from '../run/notebook.ts';
import { askYesNo } from '../terminal/ask.ts';
import { terminal } from './terminal.ts';

/** Exit status of a run that was stopped by Ctrl-C, as shells have it. */
const STOPPED = 130;

/** npm passes on a signal that the terminal has sent already: two within this time are one. */
const SAME_PRESS_MS = 300;

/** `replique run`: executes a notebook in the terminal. */
export function runCommand(program: Command): void {
  program
    .command('run <notebook>')
    .description('execute a notebook here and write it with its outputs')
    .option('--output <file>', 'where to write it (default: NAME.out.ipynb beside the notebook)')
    .action(async (notebook: string, { output }: { output?: string }) => {
      const target = output ?? `${notebook.replace(/\.ipynb$/, '')}.out.ipynb`;
      await readNotebook(notebook); // a wrong file is told before anything is set up
      await checkWritable(target); // and not after minutes of work
      const sink = terminal();
      await ensureSandbox(sink);
      await runKernelSetup({ sink, ask: askYesNo });
      await execute(notebook, target);
    });
}

async function execute(notebook: string, output: string): Promise<void> {
  const [{ runNotebook }, { TerminalShow }] = await Promise.all([
    import('../run/execute.ts'),
    import('../run/show.ts'),
  ]);
  const quit = new AbortController();
  let interrupt: (() => void) | undefined;
  let last = -Infinity;
  const onSignal = () => {
    const now = performance.now();
    if (now - last < SAME_PRESS_MS) return;
    last = now;
    if (!interrupt) quit.abort();
    interrupt?.();
    interrupt = undefined;
  };
  process.on('SIGINT', onSignal);
  const onTerminate = () => quit.abort();
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, onTerminate);
  try {
    const onStart = (stop: () => void) => (interrupt = stop);
    const show = new TerminalShow();
    const ok = await runNotebook({ notebook, output, show, quit: quit.signal, onStart });
    process.stderr.write(`\nWritten to ${output}\n`);
    if (!ok) process.exitCode = quit.signal.aborted ? STOPPED : 1;
  } finally {
    process.off('SIGINT', onSignal);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, onTerminate);
  }
}
