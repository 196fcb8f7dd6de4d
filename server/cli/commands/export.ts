import type { Command } from 'commander';
import { Option } from 'commander';
import type { formats } from '../export/index.ts';
import { readNotebook } from '../notebook/read.ts';
import { checkWritable, writeWhole } from '../notebook/write.ts';

type Name = keyof typeof formats;
const names: readonly Name[] = ['md', 'html', 'py', 'trace'];

/** `replique export`: a saved session in another form. */
export function exportCommand(program: Command): void {
  program
    .command('export <notebook>')
    .description(
      'write a saved session as a document (md, html), a script (py) or OpenTelemetry spans (trace)',
    )
    .addOption(new Option('--to <format>', 'the form').choices(names).makeOptionMandatory())
    .option('--output <file>', 'where to write it (default: stdout)')
    .action(async (path: string, { to, output }: { to: Name; output?: string }) => {
      const file = await readNotebook(path);
      if (output !== undefined) await checkWritable(output);
      const { formats } = await import('../export/index.ts'); // no other command needs a renderer of Markdown
      const text = formats[to].write(file);
      if (output === undefined) {
        process.stdout.write(text);
        return;
      }
      await writeWhole(output, text);
      process.stderr.write(`Written to ${output}\n`);
    });
}
