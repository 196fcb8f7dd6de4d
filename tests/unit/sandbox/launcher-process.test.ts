import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { LaunchedProcess } from '../../../kernel/sandbox/launcher-process.ts';
import { readUntil } from '../../support/sandboxes.ts';

/** A shell in the place of init.py: descriptor 3 is its control channel. */
function start(script: string, channels = 1): { launched: LaunchedProcess; endAtOnce: () => void } {
  const child = spawn('/bin/sh', ['-c', script], {
    stdio: ['ignore', ...Array<'pipe'>(3 + channels).fill('pipe')],
  });
  const endAtOnce = vi.fn(() => void child.kill('SIGKILL'));
  return { launched: new LaunchedProcess(child, channels, endAtOnce), endAtOnce };
}

const ready = `echo '{"ready": 2, "status": {"Seccomp": "2"}}' >&3;`;

describe('a launched process', () => {
  it('is ready when its first process says so', async () => {
    const { launched } = start(`${ready} read line <&3`);
    expect(await launched.ready).toEqual({ workerPid: 2, status: { Seccomp: '2' } });
    expect(launched.workerPid).toBe(2);
    launched.kill();
    await launched.exited;
  });

  it('is told of ends, until the listener is removed', async () => {
    const { launched } = start(`${ready} echo '{"exited": 5, "status": -9}
{"exited": 6, "status": 0}' >&3; head -c1 <&4; echo '{"exited": 7, "status": 1}' >&3`);
    const ends: [number, number][] = [];
    const remove = launched.onProcessExit((pid, status) => ends.push([pid, status]));
    await vi.waitFor(() => expect(ends).toHaveLength(2), 20_000);
    remove();
    launched.channels[0]!.write('x');
    expect(await launched.exited).toEqual({ code: 0, signal: null });
    expect(ends).toEqual([
      [5, -9],
      [6, 0],
    ]);
  });

  it('forgets its forwarder when that has ended: another process may have its number', async () => {
    const script = `${ready} echo '{"forwarder": 5}' >&3; head -c1 <&5 >/dev/null; echo '{"exited": 5, "status": 0}' >&3`;
    const child = spawn('/bin/sh', ['-c', script], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    const launched = new LaunchedProcess(child, 1, () => child.kill('SIGKILL'), undefined, true);
    await vi.waitFor(() => expect(launched.egress!.forwarderPid()).toBe(5), 20_000);
    launched.egress!.channel.write('x');
    await launched.exited;
    expect(launched.egress!.forwarderPid()).toBeUndefined();
  });

  it('takes a report that comes in pieces', async () => {
    const { launched } = start(`printf '{"ready": 2, "sta' >&3; sleep 0.1; printf 'tus": {}}\\n' >&3`);
    expect(await launched.ready).toEqual({ workerPid: 2, status: {} });
    await launched.exited;
  });

  it('sends signals as lines', async () => {
    const { launched } = start(`${ready} head -n2 <&3 >&4`);
    await launched.ready;
    launched.signal(12, 'SIGINT');
    launched.signal(13, 'SIGKILL');
    const lines = await readUntil(launched.channels[0] as Duplex, /\n.*\n/);
    expect(
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { signal: 2, pid: 12 },
      { signal: 9, pid: 13 },
    ]);
    await launched.exited;
  });

  it.each([
    ['what is no JSON', `echo garbage >&3`],
    ['an unknown report', `echo '{"exec": "rm"}' >&3`],
    ['a report with more than it should have', `echo '{"exited": 1, "status": 0, "more": 1}' >&3`],
    ['a line without an end', `head -c 100000 /dev/zero >&3`],
  ])('ends everything at %s', async (_, script) => {
    const { launched, endAtOnce } = start(`${script}; exec sleep 60`);
    await expect(launched.ready).rejects.toThrow(/not of its protocol/);
    await launched.exited;
    expect(endAtOnce).toHaveBeenCalledOnce();
  });

  it('is never ready where it ends first, and says what was written to stderr', async () => {
    const { launched } = start(`echo first >&2; echo the reason >&2; exit 3`);
    await expect(launched.ready).rejects.toThrow('the reason');
    expect(await launched.exited).toEqual({ code: 3, signal: null });
    expect(launched.stderrTail()).toBe('first\nthe reason');
  });

  it('is over at once where it could not be spawned', async () => {
    const child = spawn('/no/such/program', { stdio: Array<'pipe'>(5).fill('pipe') });
    const launched = new LaunchedProcess(child, 1, () => undefined);
    await expect(launched.ready).rejects.toThrow('ENOENT');
    expect(await launched.exited).toEqual({ code: null, signal: null });
    launched.signal(2, 'SIGINT');
    launched.kill();
  });

  it('is killed after a while where nothing else ended it', async () => {
    const child = spawn('/bin/sh', ['-c', 'exec sleep 60'], { stdio: Array<'pipe'>(5).fill('pipe') });
    const launched = new LaunchedProcess(child, 1, () => undefined);
    launched.kill();
    expect(await launched.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });
});
