import { describe, expect, it } from 'vitest';
import { EnvironmentRecorder, type RecorderOptions } from '../../../kernel/environment/recorder.ts';
import type { Environment } from '../../../kernel/environment/schema.ts';
import type { LoopEvent } from '../../../kernel/loop/events.ts';
import { session } from '../loop/harness.ts';
import { environment } from './environments.ts';

const collected = environment();
delete collected.model;

const recorderOf = (
  collect: RecorderOptions['collect'],
  more: Partial<RecorderOptions> = {},
): EnvironmentRecorder =>
  new EnvironmentRecorder({
    ...{ collect, identify: () => Promise.resolve(undefined), takeFiles: () => [] },
    ...more,
  });

/** Runs prompts of one session, each in the loop that is given, and tells what their last events have of the environment. */
async function told(
  recorder: EnvironmentRecorder,
  loops: readonly ReturnType<typeof session>['manager'][],
): Promise<(Environment | undefined)[]> {
  const found: (Environment | undefined)[] = [];
  for (const manager of loops) {
    const emit = (event: LoopEvent) => event.type === 'stop' && found.push(event.environment);
    const steps = recorder.wrap(manager).processWithContinuation('How many?', { emit });
    while (!(await steps.next()).done);
  }
  return found;
}

describe('a session', () => {
  it('tells its environment with its first prompt, and again where another model answers', async () => {
    const { manager } = session(['One.', 'Two.']);
    const other = session(['Three.'], [], { model: 'larger' }).manager;
    const recorder = recorderOf(() => Promise.resolve(collected));
    const [first, second, third] = await told(recorder, [manager, manager, other]);
    expect(first).toMatchObject({ replique: '0.1.0', model: { name: 'scripted' } });
    expect(second).toBeUndefined();
    expect(third).toEqual({ ...first, model: { ...first!.model, name: 'larger' } });
  });

  it('collects it once, when its first prompt begins, and waits for it in no cell', async () => {
    const { manager } = session(['One.', 'Two.', 'Three.']);
    let asked = 0;
    let found: (value: Environment) => void = () => undefined;
    const recorder = recorderOf(() => {
      asked += 1;
      return new Promise((resolve) => (found = resolve));
    });
    const loop = recorder.wrap(manager);
    expect(asked).toBe(0);
    expect(await told(recorder, [manager])).toEqual([undefined]);
    found(collected);
    expect(await told(recorder, [manager, manager])).toMatchObject([{ replique: '0.1.0' }, undefined]);
    expect(asked).toBe(1);
    await expect(loop.contextUse(new AbortController().signal)).resolves.toBeDefined();
  });

  it('runs as ever where it can’t be collected', async () => {
    const recorder = recorderOf(() => Promise.reject(new Error('no Python')));
    const { manager } = session(['One.', 'Two.']);
    expect(await told(recorder, [manager, manager])).toEqual([undefined, undefined]);
  });

  it('tells which weights answered as soon as that is known, and what the service called its model', async () => {
    const { manager } = session([{ text: 'One.', answered: 'scripted-2026' }, 'Two.', 'Three.']);
    let known: (digest: string) => void = () => undefined;
    const asked: unknown[] = [];
    const identify: RecorderOptions['identify'] = (model) => {
      asked.push(model);
      return new Promise((resolve) => (known = resolve));
    };
    const recorder = recorderOf(() => Promise.resolve(collected), { identify });
    const named = { provider: 'mock', name: 'scripted', answered: 'scripted-2026' };
    const [first, second] = await told(recorder, [manager, manager]);
    expect([first?.model, second]).toEqual([named, undefined]);
    known('a'.repeat(64));
    const [third] = await told(recorder, [manager]);
    expect(third).toEqual({ ...first, model: { ...named, digest: 'a'.repeat(64) } });
    expect(asked).toEqual([{ provider: 'mock', name: 'scripted' }]);
  });

  it('records nothing that a service or server may not have said', async () => {
    const { manager } = session([{ text: 'One.', answered: 'm\u202e' }, 'Two.']);
    const identify = () => Promise.resolve('no digest');
    const [first] = await told(
      recorderOf(() => Promise.resolve(collected), { identify }),
      [manager, manager],
    );
    expect(first?.model).toEqual({ provider: 'mock', name: 'scripted' });
  });

  it('tells with each prompt what was read since the last', async () => {
    const { manager } = session(['One.', 'Two.']);
    const read = [{ path: 'a.csv', sha256: 'a'.repeat(64) }];
    const takeFiles = () => read.splice(0);
    const recorder = recorderOf(() => new Promise(() => undefined), { takeFiles });
    const files: unknown[] = [];
    const emit = (event: LoopEvent) => event.type === 'stop' && files.push(event.files);
    for (const prompt of ['How many?', 'And now?']) {
      const steps = recorder.wrap(manager).processWithContinuation(prompt, { emit });
      while (!(await steps.next()).done);
    }
    expect(files).toEqual([[{ path: 'a.csv', sha256: 'a'.repeat(64) }], undefined]);
  });
});
