import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { kernelProgram } from '../../server/cli/program.ts';

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a system check ended by %s leaves nothing',
  async (signal) => {
    const directory = mkdtempSync(join(tmpdir(), 'replique-check-'));
    const data = join(directory, 'replique');
    const env = { ...process.env, XDG_DATA_HOME: directory, REPLIQUE_PROVIDER: 'mock' };
    const child = spawn(process.execPath, [kernelProgram(), 'check'], { env, stdio: 'ignore' });
    const gone = once(child, 'exit');
    const probes = () =>
      (existsSync(data) ? readdirSync(data) : []).filter((name) => name.startsWith('probe-'));
    await vi.waitFor(() => expect(probes()).toHaveLength(1), { timeout: 20_000, interval: 5 });
    child.kill(signal);
    await gone;
    expect(probes()).toEqual([]);
    rmSync(directory, { recursive: true });
  },
);
