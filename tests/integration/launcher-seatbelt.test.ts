import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLauncher } from '../../kernel/sandbox/launcher.ts';
import { launchInSeatbelt } from '../../kernel/sandbox/launcher-seatbelt.ts';
import { limitsOf } from '../../kernel/sandbox/limits.ts';
import { probeSeatbelt } from '../../kernel/sandbox/probe-seatbelt.ts';
import { sandboxExecDouble } from '../support/sandbox-exec-double.ts';
import {
  anyPython,
  plainConfig,
  Playground,
  processStatus,
  readAll,
  readUntil,
} from '../support/sandboxes.ts';

describe('the launcher of macOS, with a double of sandbox-exec', () => {
  let ground: Playground;
  beforeEach(() => {
    ground = new Playground();
  });
  afterEach(() => ground.close());

  it('runs the worker with a folder of its own for temporary files, and none of the kernel’s environment', async () => {
    vi.stubEnv('GROQ_API_KEY', 'gsk_planted');
    const double = sandboxExecDouble(ground.outside);
    const options = await ground.options('import os; os.write(4, os.getcwd().encode())');
    const launched = await launchInSeatbelt(options, double.path);
    expect(await readAll(launched.channels[0]!)).toBe(ground.workspace);
    await launched.exited;
    const text = readFileSync(double.notes, 'utf8');
    const { parameters, environment } = JSON.parse(text) as Record<string, Record<string, string>>;
    expect(parameters!['WORKSPACE']).toBe(ground.workspace);
    expect(parameters!['READ_0']).not.toBe('');
    expect(environment!['HOME']).toBe(parameters!['TEMPORARY']);
    expect(text).not.toContain('gsk_planted');
    expect(existsSync(parameters!['TEMPORARY']!)).toBe(false);
    vi.unstubAllEnvs();
  });

  it('ends the worker that has made itself a session, and its children, when it is killed', async () => {
    const { path } = sandboxExecDouble(ground.outside);
    const options = await ground.options(`
import os, time
os.setsid()
pid = os.fork()
if pid: os.write(4, b"%d." % pid)
time.sleep(600)`);
    const launched = await launchInSeatbelt(options, path);
    const child = Number.parseInt(await readUntil(launched.channels[0]!, /\./), 10);
    launched.kill();
    await launched.exited;
    await vi.waitFor(() => expect(processStatus(child)).not.toMatch(/^State:\s+[SR]/m), 20_000);
  });

  it('says what is missing where there is no sandbox-exec, and where Python does not start', async () => {
    const options = await ground.options('');
    await expect(launchInSeatbelt(options, '/nowhere/sandbox-exec')).rejects.toThrow('is not there');
    await expect(launchInSeatbelt(options, '/bin/false')).rejects.toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
    });
  });

  it('is checked by starting it, and said to be weaker', async () => {
    const { path } = sandboxExecDouble(ground.outside);
    const [python, limits] = [await anyPython(), limitsOf(plainConfig())];
    const lines = await probeSeatbelt(python, limits, path);
    expect(lines.map(({ name, ok }) => [name, ok])).toEqual([
      ['start', true],
      ['isolation', true],
    ]);
    expect(lines[1]?.detail).toContain('WEAKER');
    const [broken] = await probeSeatbelt(python, limits, '/nowhere/sandbox-exec');
    expect(broken).toMatchObject({ ok: false, remedy: expect.stringContaining('macOS') as string });
  });
});

describe('the launcher for a system', () => {
  const config = plainConfig();

  it('is sandbox-exec’s on macOS, and bubblewrap’s elsewhere', () => {
    expect(createLauncher(config, 'darwin').name).toBe('seatbelt');
    expect(createLauncher(config, 'linux').name).toBe('bubblewrap');
  });

  it('refuses on Windows and names WSL 2', async () => {
    const ground = new Playground();
    const options = await ground.options('');
    await expect(createLauncher(config, 'win32').launch(options)).rejects.toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      remedy: expect.stringContaining('WSL 2') as string,
    });
    await ground.close();
  });
});
