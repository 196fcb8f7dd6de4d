import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { repliqueError } from '../../../kernel/errors.ts';
import { auditLine, type AuditLine } from '../../../kernel/protocol/audit.ts';
import { kernelProgram } from '../program.ts';
import { failureOf } from '../setup/kernel-setup.ts';

/** A line of the kernel's is never longer, in characters. */
const longestLine = 300_000;
/** Characters of what it writes on stderr that are kept. */
const keptTail = 4000;

/**
 * Has the kernel's program read the audit, and gives what it finds to `onLine` as it comes.
 * @returns 1 if something is broken
 * @throws RepliqueError with the kernel's own sentence, or KERNEL_DIED
 */
export async function runKernelAudit(
  args: readonly string[],
  onLine: (line: AuditLine) => void,
  program = kernelProgram(),
): Promise<number> {
  const child = spawn(process.execPath, [program, 'audit', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-keptTail)));
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 128)));
  let isDone = false;
  for await (const text of createInterface({ input: child.stdout })) {
    const line = parseLine(text);
    isDone ||= line.type === 'done';
    onLine(line);
  }
  const status = await ended;
  if (!isDone) throw failureOf(said, 'it could not read the audit.');
  return status === 0 ? 0 : 1;
}

function parseLine(text: string): AuditLine {
  try {
    if (text.length <= longestLine) return auditLine.parse(JSON.parse(text));
  } catch {
    // Said below.
  }
  throw repliqueError('KERNEL_DIED', {
    problem: 'it said something of the audit that is not of its protocol.',
  });
}
