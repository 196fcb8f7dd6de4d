import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { RepliqueError } from '../../../kernel/errors.ts';
import { repliqueError } from '../../../kernel/errors.ts';
import { checkReport, setupEvent } from '../../../kernel/protocol/setup.ts';
import type { CheckReport } from '../../../kernel/protocol/setup.ts';
import { kernelProgram } from '../program.ts';
import type { ProgressSink } from './progress-sink.ts';
import { runCommand } from './run-command.ts';

/** A line of the kernel's set-up is never longer, in characters. */
const MAX_LINE = 1_000_000;

/** Characters of what it writes on stderr that are kept. */
const TAIL = 4000;

export interface KernelSetupOptions {
  readonly sink: ProgressSink;
  /** Asks the person. */
  readonly ask: (question: string) => Promise<boolean>;
  readonly program?: string;
  readonly args?: readonly string[];
}

/**
 * Has the kernel's program choose the provider and fetch what it needs.
 * @throws RepliqueError SETUP_FAILED with the kernel's own sentence, or KERNEL_DIED
 */
export async function runKernelSetup(options: KernelSetupOptions): Promise<void> {
  const { sink, ask, program = kernelProgram(), args = ['setup'] } = options;
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-TAIL)));
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 128)));
  child.stdin.on('error', () => undefined); // it may be gone before it reads the answer
  let failure: { sentence: string; remedy: string } | undefined;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const event = parseEvent(line);
      if (event?.type === 'step') sink.step(event.text);
      else if (event?.type === 'progress') {
        sink.progress({ label: event.label, done: event.doneBytes, total: event.totalBytes, unit: 'bytes' });
      } else if (event?.type === 'ask') child.stdin.write((await ask(event.question)) ? 'yes\n' : 'no\n');
      else if (event?.type === 'failed') failure = event;
    }
  } finally {
    child.stdin.end();
  }
  const status = await ended;
  if (failure) throw repliqueError('SETUP_FAILED', { sentence: failure.sentence, remedy: failure.remedy });
  if (status !== 0) throw failureOf(said, `its set-up ended with status ${status}.`);
}

/** The kernel's own sentence and remedy as it writes them on stderr; else that it died. */
export function failureOf(said: string, problem: string): RepliqueError {
  const [sentence = '', remedy] = said.trim().split('\n  → ');
  if (remedy !== undefined) return repliqueError('SETUP_FAILED', { sentence, remedy });
  return repliqueError('KERNEL_DIED', { problem: `${problem} ${sentence}`.trim() });
}

function parseEvent(line: string) {
  if (line.length > MAX_LINE) return undefined;
  try {
    return setupEvent.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/**
 * Runs the system check in the kernel's program.
 * @throws RepliqueError KERNEL_DIED if it gives no report
 */
export async function runKernelCheck(program = kernelProgram()): Promise<CheckReport> {
  const result = await runCommand(process.execPath, [program, 'check', '--json']);
  try {
    return checkReport.parse(JSON.parse(result.stdout));
  } catch {
    throw failureOf(result.stderr, 'the system check gave no report.');
  }
}
