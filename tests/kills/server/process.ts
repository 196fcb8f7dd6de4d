import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { freePort } from '../../support/ports.ts';
import { answers } from '../../support/server-process.ts';

/** The built server, which is killed. */
export interface KilledServer {
  /** Asks, and reads all of the answer. @throws Error where there is none, or no good one */
  readonly ask: (method: string, path: string, body?: object) => Promise<void>;
  readonly kill: () => Promise<void>;
}

/** @param top with a directory `workspace`, which is served */
export async function startKilledServer(top: string): Promise<KilledServer> {
  const port = await freePort();
  const options = ['--port', String(port), '--token', 't', '--dir', join(top, 'workspace'), '--allow-root'];
  const child = spawn(
    process.execPath,
    [resolve('dist/replique.js'), 'server', ...options, '--log-level', 'silent'],
    { cwd: top, stdio: 'ignore', env: { ...process.env, XDG_DATA_HOME: join(top, 'data') } },
  );
  const origin = `http://127.0.0.1:${port}`;
  await answers(origin);
  return {
    kill: async () => {
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    },
    ask: async (method, path, body) => {
      const response = await fetch(`${origin}/${path}`, {
        ...{ method, headers: { authorization: 'token t' } },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`);
    },
  };
}
