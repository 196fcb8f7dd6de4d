import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { auditedWorker } from '../../../kernel/audit/audited-worker.ts';
import { plain } from '../../../kernel/audit/chain.ts';
import type { ExecuteOptions, WorkerOutput } from '../../../kernel/sandbox/contract.ts';
import { delegatingWorker } from '../../../kernel/sandbox/delegating-worker.ts';
import type { SessionWorker } from '../../../kernel/sandbox/session-worker.ts';
import { AuditPlace, eventsIn, kindOf } from '../../support/audits.ts';

let place: AuditPlace;
beforeEach(() => {
  place = new AuditPlace();
});
afterEach(() => place.remove());

/** Runs code in a worker that does nothing but this, and gives what is recorded of it. */
async function recordOf(execute: SessionWorker['execute'], options: Partial<ExecuteOptions> = {}) {
  const audit = place.open('aaaa');
  const worker = auditedWorker(delegatingWorker({} as SessionWorker, { execute }), audit);
  const { signal } = new AbortController();
  const given = {
    code: 'x',
    language: 'python',
    signal,
    timeoutMs: 1000,
    onOutput: () => undefined,
  } as const;
  const outcome = await worker.execute({ ...given, ...options }).catch((error: unknown) => error);
  await vi.waitFor(() => expect(eventsIn(place.directory).map(kindOf)).toContain('run-end'));
  return { outcome, events: eventsIn(place.directory).slice(1) };
}

it('an interrupt is recorded between begin and end', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const { events } = await recordOf(
    () => {
      controller.abort();
      return Promise.resolve({ status: 'interrupted', durationMs: 1 });
    },
    { signal },
  );
  expect(events.map(kindOf)).toEqual(['run-start', 'interrupt', 'run-end']);
  expect(events[2]).toMatchObject({ run: 1, status: 'interrupted' });
});

it('code that could not be begun is recorded as not run, and its error is passed on', async () => {
  const failure = new Error('There is no sandbox.');
  const { outcome, events } = await recordOf(() => Promise.reject(failure));
  expect(outcome).toBe(failure);
  expect(events).toMatchObject([{ run: 1 }, { run: 1, status: 'not-run', outputs: 0 }]);
});

it('what the client has evaluated beside the code is recorded by its hash', async () => {
  const userExpressions = { a: '1 + 1' };
  const { events } = await recordOf(() => Promise.resolve({ status: 'ok', durationMs: 1 }), {
    userExpressions,
  });
  expect(events[0]).toMatchObject({
    origin: 'other',
    cell: null,
    code_sha256: plain('x'),
    expressions_sha256: plain(JSON.stringify(userExpressions)),
    stdin: false,
  });
});

it('every kind of output is passed on, and counted by its bytes', async () => {
  const outputs: readonly WorkerOutput[] = [
    { kind: 'stream', name: 'stdout', text: 'äb' },
    { kind: 'display', data: { 'text/plain': 'abc', 'application/json': { a: 1 } }, metadata: {} },
    { kind: 'error', error: { ename: 'E', evalue: 'v', traceback: ['a', 'b'] } },
    { kind: 'comm', event: 'msg', comm: 'c', data: { a: 1 }, buffers: [Buffer.alloc(10)] },
    { kind: 'clear_output', wait: false },
  ];
  const seen: WorkerOutput[] = [];
  const { events } = await recordOf(
    ({ onOutput }) => {
      for (const output of outputs) onOutput(output);
      return Promise.resolve({ status: 'ok', durationMs: 1 });
    },
    { onOutput: (output) => seen.push(output) },
  );
  expect(seen).toEqual(outputs);
  expect(events[1]).toMatchObject({ outputs: 5, output_bytes: 3 + (3 + 7) + 3 + (7 + 10) });
});
