import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { randomFor, repliesOf, runTask } from './run.ts';
import { tasks } from './tasks/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'replique-eval-'));
afterAll(() => rmSync(directory, { recursive: true }));

function script(name: string, replies: readonly unknown[]): string {
  const path = join(directory, `${name}.json`);
  writeFileSync(path, JSON.stringify({ replies }));
  return path;
}

it('there are twenty tasks, each of its own name', () => {
  expect(new Set(tasks.map(({ name }) => name)).size).toBe(20);
});

it.each(tasks)(
  '$name is done by its own solution, and only so',
  async (task) => {
    const { solution, files } = task.make(randomFor(task, 3));
    expect(task.make(randomFor(task, 3)).files).toEqual(files);
    const right = script(task.name, repliesOf(solution));
    const result = await runTask(task, 3, { provider: 'mock', mockScript: right });
    expect(result.problem).toBeUndefined();
    const lazy = script(`${task.name}-lazy`, [{ text: 'It is done: the answer is 42.' }]);
    const nothing = await runTask(task, 3, { provider: 'mock', mockScript: lazy });
    expect(nothing.problem).toBeTypeOf('string');
  },
  60_000,
);
