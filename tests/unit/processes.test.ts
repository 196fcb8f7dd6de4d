import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isAlive } from '../../kernel/alive.ts';
import { markOf, startByPs, stillRuns } from '../../kernel/processes.ts';

describe('a process that is known again', () => {
  it('is the one of that number and start, as long as it runs', async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const mark = markOf(child.pid ?? 0);
    expect(stillRuns(mark)).toBe(true);
    expect(stillRuns({ ...mark, started: markOf(process.pid).started })).toBe(false);
    expect(stillRuns({ ...mark, pid: process.pid })).toBe(false);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect([stillRuns(mark), isAlive(mark.pid)]).toEqual([false, false]);
    expect(markOf(mark.pid)).toEqual({ pid: mark.pid });
  });

  it('is known by what ps says where there is no /proc', async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const started = startByPs(child.pid ?? 0);
    expect(started).toMatch(/^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}$/);
    expect(startByPs(child.pid ?? 0)).toBe(started);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect(startByPs(child.pid ?? 0)).toBeUndefined();
  });
});
