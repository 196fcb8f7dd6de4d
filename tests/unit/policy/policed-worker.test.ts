import { describe, expect, it, vi } from 'vitest';
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

describe('a helper that asks for the same twice', () => {
  const code = 'import socket\nimport requests';
  const helper = { code, origin: { kind: 'helper', turn: 1, helper: 1 } } as const;

  it.each([
    ['y', true],
    [new Error('interrupted'), false],
  ])('is asked about once, and does not run without a yes: %s', async (answer, runs) => {
    const { worker, release } = holding();
    const questions: string[] = [];
    const verdicts: boolean[] = [];
    const policing = createPolicing({
      policy: new Policy('open'),
      hasHosts: () => false,
      onVerdict: (verdict) => verdicts.push(verdict.runs),
    });
    const onInput = (question: string): Promise<string> => {
      questions.push(question);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    const ran = policing.wrap(worker).execute(request({ ...helper, onInput }));
    await vi.waitFor(() => expect(verdicts).toEqual([runs]), 20_000);
    release();
    expect((await ran).status).toBe(runs ? 'ok' : 'error');
    expect(questions).toEqual([
      'A helper asks for the network (line 1: import socket). Allow it for this session? [y/N] ',
    ]);
  });
});
