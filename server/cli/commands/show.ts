import type { Command } from 'commander';
import { readNotebook } from '../notebook/read.ts';
import { renderNotebook } from '../show/render.ts';
import type { Out } from '../terminal/progress.ts';

/** `replique show`: a saved session in the terminal. */
export function showCommand(program: Command): void {
  program
    .command('show <notebook>')
    .description('show a saved session: prompts, turns, the code of helpers, results')
    .action(async (path: string) => {
      const { notebook } = await readNotebook(path);
      const { isTTY, columns } = process.stdout as Out;
      const options = { width: columns ?? Infinity, colours: isTTY === true && !process.env['NO_COLOR'] };
      for (const text of renderNotebook(notebook, options)) process.stdout.write(text);
    });
}
