import type { Command } from 'commander';
import { z } from 'zod';

const number = z.coerce.number().min(0);

/** What a server's watchdog becomes when the server is gone; nobody calls it by hand. */
export function watchKernelsCommand(program: Command): void {
  program
    .command('watch-kernels <directory> <generation> <seconds> <mb>', { hidden: true })
    .action(async (directory: string, ...numbers: readonly string[]) => {
      const [generation = 0, seconds = 0, mb = 0] = numbers.slice(0, 3).map((text) => number.parse(text));
      const stop = new AbortController();
      process.on('SIGTERM', () => stop.abort());
      const { watchKernels } = await import('../../services/kernels/keep/watch.ts');
      const mostBytes = mb * 2 ** 20;
      await watchKernels({ directory, generation, seconds, mostBytes, stop: stop.signal });
    });
}
