import type { AuditData } from '../protocol/audit.ts';
import type { ExecuteOptions, ExecuteOutcome, WorkerOutput } from '../sandbox/contract.ts';
import { delegatingWorker } from '../sandbox/delegating-worker.ts';
import type { SessionWorker } from '../sandbox/session-worker.ts';
import { plain } from './chain.ts';
import type { Audit } from './log.ts';

/** Makes a worker whose runs are recorded: without its `run-start` on the disk no code runs. */
export function auditedWorker(worker: SessionWorker, audit: Audit): SessionWorker {
  let runs = 0;
  let place: Omit<Place, 'run'> = { cell: null };
  return delegatingWorker(worker, {
    beginCell: (executionCount, cell) => {
      place = { cell: executionCount, ...(cell !== undefined && { cell_id: cell }) };
      worker.beginCell(executionCount, cell);
    },
    execute: (options) => {
      runs += 1;
      return recorded(worker, audit, options, { run: runs, ...place });
    },
  });
}

type Place = Pick<AuditData<'run-start'>, 'run' | 'cell' | 'cell_id'>;

async function recorded(
  worker: SessionWorker,
  audit: Audit,
  options: ExecuteOptions,
  place: Place,
): Promise<ExecuteOutcome> {
  const { run } = place;
  const { signal, onOutput } = options;
  audit.require('run-start', { ...place, ...descriptionOf(options) });
  const began = performance.now();
  const sent = { outputs: 0, output_bytes: 0 };
  const onAbort = (): void => audit.note('interrupt', { run });
  const end = (status: AuditData<'run-end'>['status']): void => {
    const duration_ms = Math.round(performance.now() - began);
    audit.noteSoon('run-end', { run, status, duration_ms, ...sent });
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const outcome = await worker.execute({
      ...options,
      onOutput: (output) => {
        sent.outputs += 1;
        sent.output_bytes += bytesOf(output);
        onOutput(output);
      },
    });
    end(outcome.status);
    return outcome;
  } catch (error) {
    end('not-run');
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function descriptionOf(options: ExecuteOptions): Omit<AuditData<'run-start'>, keyof Place> {
  const { code, language, timeoutMs, onInput, origin, userExpressions = {} } = options;
  const { kind, isAgain, ...turn } = origin ?? { kind: 'other' as const, isAgain: undefined };
  const hasExpressions = Object.keys(userExpressions).length > 0;
  return {
    origin: kind,
    ...(isAgain === true && { again: true }),
    ...turn,
    language,
    code_sha256: plain(code),
    code_bytes: Buffer.byteLength(code),
    ...(hasExpressions && { expressions_sha256: plain(JSON.stringify(userExpressions)) }),
    timeout_ms: Math.round(timeoutMs),
    stdin: onInput !== undefined,
  };
}

function bytesOf(output: WorkerOutput): number {
  switch (output.kind) {
    case 'stream':
      return Buffer.byteLength(output.text);
    case 'display':
    case 'update_display':
    case 'result':
      return Object.values(output.data).reduce<number>((sum, value) => sum + sizeOf(value), 0);
    case 'error':
      return Buffer.byteLength(output.error.traceback.join('\n'));
    case 'comm':
      return sizeOf(output.data) + output.buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    case 'clear_output':
      return 0;
  }
}

const sizeOf = (value: unknown): number =>
  Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));
