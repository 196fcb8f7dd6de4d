import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ConnectionInfo } from '../../kernel/protocol/connection-file.ts';
import { ZmqClient } from '../integration/wire-client.ts';
import { TestClient } from '../unit/router/client.ts';
import { writeConnection } from './spawned-kernel.ts';

/** How one session ends. */
export interface Ending {
  readonly signal: 'SIGKILL' | 'SIGTERM';
  /** While the kernel starts, or while its second helper runs. */
  readonly phase: 'start' | 'run';
  /** How long after the kernel was started, or the second helper has printed. */
  readonly afterMs: number;
}

/** Leaves what could stay: a daemon in a session and directory of its own, a socket, files, a thread, a child process. */
const leaving = `%%python
import os, socket, subprocess, tempfile, threading, time
kept = [tempfile.NamedTemporaryFile(), tempfile.mkdtemp(), socket.create_server(("127.0.0.1", 0))]
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
child = subprocess.Popen(["sleep", "600"], start_new_session=True, cwd="/")
if os.fork() == 0:
    os.setsid()
    os.chdir("/")
    while True: time.sleep(600)`;
const running = `%%python
while True: print(len(kept), flush=True); time.sleep(0.01)`;

/** Starts the built kernel in a place of its own, has it run helpers, and ends it in the middle. */
export async function endSession(kernel: string, place: string, ending: Ending): Promise<void> {
  const { connection, file } = makeConnection(place);
  const child = spawn(process.execPath, [resolve(kernel), '-f', file], {
    cwd: join(place, 'workspace'),
    env: {
      ...process.env,
      REPLIQUE_PROVIDER: 'mock',
      REPLIQUE_AUDIT_DIR: join(place, 'audit'),
      TMPDIR: join(place, 'tmp'),
      XDG_RUNTIME_DIR: join(place, 'run'),
    },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const channels = ending.phase === 'run' ? new ZmqClient(connection) : undefined;
  try {
    if (channels) await Promise.race([helpers(channels), failure(child)]);
    await wait(ending.afterMs);
  } finally {
    child.kill(ending.signal);
    await ended;
    await channels?.close();
  }
}

/** Settles when the second helper has printed something. */
async function helpers(channels: ZmqClient): Promise<void> {
  const client = new TestClient(channels);
  await client.published('iopub_welcome');
  const reply = await client.done(client.execute(leaving));
  if (reply.content['status'] !== 'ok')
    throw new Error(`The helper failed: ${JSON.stringify(reply.content)}`);
  client.execute(running);
  await client.published('stream');
}

async function failure(child: ChildProcess): Promise<never> {
  await once(child, 'exit');
  throw new Error('The kernel ended by itself.');
}

function makeConnection(place: string): { readonly connection: ConnectionInfo; readonly file: string } {
  for (const name of ['', 'workspace', 'tmp', 'run']) mkdirSync(join(place, name));
  const file = join(place, 'connection.json');
  return { connection: writeConnection(file, join(place, 'sockets')), file };
}
