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
});
