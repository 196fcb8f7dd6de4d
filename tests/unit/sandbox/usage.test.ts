import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  countProportionalBytes,
  identityOf,
  proportionalBytes,
  usageBelow,
  type SeenProcess,
} from '../../../kernel/sandbox/watchdog/usage.ts';

const own = (): SeenProcess => usageBelow(process.pid).processes.find(({ pid }) => pid === process.pid)!;

describe.runIf(process.platform === 'linux')('the memory of processes', () => {
  it('is counted while others have their turn', async () => {
    const processes = Array.from({ length: 20 }, own);
    let turns = 0;
    let next = setImmediate(function turn() {
      turns += 1;
      next = setImmediate(turn);
    });
    const counted = await countProportionalBytes(processes);
    clearImmediate(next);
    expect(turns).toBeGreaterThan(0);
    expect(counted.get(identityOf(processes[0]!))! / proportionalBytes([processes[0]!])).toBeCloseTo(1, 0);
  });

  it('is none of a process that has ended meanwhile', async () => {
    const child = spawn('/bin/sh', ['-c', 'read line']);
    const seen = usageBelow(child.pid!).processes;
    child.stdin.end();
    await once(child, 'exit');
    expect(seen).toHaveLength(1);
    expect(await countProportionalBytes(seen)).toEqual(new Map());
  });

  it('tells a process from a later one of its number', () => {
    expect(identityOf(own())).toBe(identityOf(own()));
    expect(identityOf({ ...own(), startedAt: '1' })).not.toBe(identityOf(own()));
  });
});
