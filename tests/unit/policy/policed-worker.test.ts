import { expect, it } from 'vitest';
import { createPolicing } from '../../../kernel/policy/policed-worker.ts';
import { Policy } from '../../../kernel/policy/policy.ts';
import type { ExecuteOptions, ExecuteOutcome } from '../../../kernel/sandbox/contract.ts';
import type { SessionWorker } from '../../../kernel/sandbox/session-worker.ts';

/** What runs until it is released, one after another, as a session's worker does; nothing else of it is used. */
function holding(): { worker: SessionWorker; release: () => void } {
  const releases: (() => void)[] = [];
  const execute = (): Promise<ExecuteOutcome> =>
    new Promise((resolve) => releases.push(() => resolve({ status: 'ok', durationMs: 1 })));
  return { worker: { execute } as unknown as SessionWorker, release: () => releases.shift()?.() };
}

const request = (more: Partial<ExecuteOptions>): ExecuteOptions => ({
  ...{ code: '1', language: 'python', timeoutMs: 1000, onOutput: () => undefined },
  ...{ signal: new AbortController().signal, origin: { kind: 'cell' } },
  ...more,
});

it('who runs code is asked about hosts, though a widget’s message waits behind it', async () => {
  const { worker, release } = holding();
  const policing = createPolicing({
    policy: new Policy('open', undefined),
    hasHosts: () => true,
    onVerdict: () => undefined,
  });
  const policed = policing.wrap(worker);
  const helper = policed.execute(request({ onInput: () => Promise.resolve('y') }));
  const widget = policed.execute(request({}));
  expect(await policing.askHost('a.example', 443)).toBe(true);
  release();
  await helper;
  expect(await policing.askHost('b.example', 443)).toBe(false);
  release();
  await widget;
});
