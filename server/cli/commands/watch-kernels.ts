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
      const [{ watchKernels }, { addLastWords }, { createLog }, { journalDir }] = await Promise.all([
        import('../../services/kernels/keep/watch.ts'),
        import('../../services/journal/last-words.ts'),
        import('../../http/log.ts'),
        import('../../../kernel/paths.ts'),
      ]);
      const journals = { directory: journalDir(), log: createLog('silent') };
      await watchKernels({
        ...{ directory, generation, seconds, mostBytes: mb * 2 ** 20, stop: stop.signal },
        onEnded: (kernel, said) => addLastWords(kernel, said, journals),
      });
    });
}
