import type { Command } from 'commander';
import type { AuditLine, AuditVerdict } from '../../../kernel/protocol/audit.ts';
import { formatEvent, formatVerdict, plural } from '../audit/format.ts';
import { runKernelAudit } from '../audit/kernel-audit.ts';
import { print } from './terminal.ts';

/** `replique audit`: the record of what ran. */
export function auditCommand(program: Command): void {
  const audit = program.command('audit').description('the record of the code that ran');
  audit
    .command('verify [file]')
    .description('find changes, removals and additions; exit status 1 if there are any')
    .action(async (file?: string) => {
      const counts = { intact: 0, interrupted: 0, broken: 0 };
      process.exitCode = await runKernelAudit(['verify', ...(file === undefined ? [] : [file])], (line) => {
        if (line.type === 'done') print(summary(counts, line.directory));
        if (line.type !== 'verdict') return;
        counts[line.verdict.status] += 1;
        print(formatVerdict(line.verdict));
      });
    });
  audit
    .command('show')
    .description('list the events')
    .option('--session <id>', 'of this session alone; the beginning of its id is enough')
    .option('--json', 'one JSON object a line')
    .action(async ({ session, json }: { session?: string; json?: boolean }) => {
      const show = (line: AuditLine): void => {
        if (line.type === 'event') print(json ? JSON.stringify(line.event) : formatEvent(line.event));
        if (line.type === 'unreadable') process.stderr.write(unreadable(line.name));
      };
      process.exitCode = await runKernelAudit(['show', ...(session === undefined ? [] : [session])], show);
    });
}

const unreadable = (name: string): string =>
  `Some lines of ${name} were changed and are left out.\n  → Run \`npx replique audit verify\`.\n`;

function summary(
  { intact, interrupted, broken }: Readonly<Record<AuditVerdict['status'], number>>,
  directory: string,
): string {
  const total = intact + interrupted + broken;
  if (total === 0) return `There is no record in ${directory}.`;
  const also = interrupted > 0 ? `, ${interrupted} of them cut off by the kernel’s own end` : '';
  if (broken === 0) return `${plural(total, 'session')} in ${directory}, nothing changed${also}.`;
  return `${broken} of ${plural(total, 'session')} in ${directory} not as written.`;
}
