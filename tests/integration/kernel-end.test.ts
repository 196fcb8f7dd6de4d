import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { kernelProgram } from '../../server/cli/program.ts';
import { impostor, installKernelspec } from '../support/other-kernels.ts';
import { KernelUnderTest } from '../support/kernels.ts';
import { TestClient } from '../unit/router/client.ts';
import { makeConnection, ZmqClient } from './wire-client.ts';

/** However a session's parts fail or linger, the kernel ends. */

const tops: string[] = [];
const top = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'kernel-end-'));
  tops.push(made);
  return made;
};
afterEach(() => {
  vi.unstubAllEnvs();
  for (const made of tops.splice(0)) rmSync(made, { recursive: true, force: true });
});

it('where a record can’t be closed, as on a full network disk, and the conversation is kept', async () => {
  const sessionsDir = top();
  const open = await KernelUnderTest.start({
    sessionsDir,
    notebook: '{}',
    replies: [{ text: 'Yes.' }],
  });
  await open.run('Is it?');
  for (const fd of readdirSync('/proc/self/fd')) {
    if (target(fd).startsWith(open.auditDir)) closeSync(Number(fd));
  }
  open.client.send('shutdown_request', { restart: true }, 'control');
  await open.kernel.closed;
  const [file = ''] = readdirSync(sessionsDir);
  expect(readFileSync(join(sessionsDir, file), 'utf8')).toContain('"ended":"restart"');
});

it('at once where another kernel is being started that never answers', async () => {
  const jupyter = top();
  const { argv } = impostor('time.sleep(999)');
  installKernelspec(jupyter, 'slow', { argv, display_name: 'S', language: 'slow' });
  vi.stubEnv('JUPYTER_PATH', jupyter);
  const open = await KernelUnderTest.start({
    replies: [{ text: '<helpers lang="slow">\n1\n</helpers>' }, { text: 'Done.' }],
  });
  const cell = open.client.execute('Count.');
  await open.client.message(({ message }) => JSON.stringify(message.content).includes('slow'));
  open.client.send('shutdown_request', { restart: false }, 'control');
  expect((await open.client.done(cell)).content).toMatchObject({ status: 'error', ename: 'Interrupted' });
  await open.kernel.closed;
  await open.end();
});

it('not with an interrupt that comes as soon as it can be reached', async () => {
  const { connection } = await makeConnection('tcp');
  const directory = top();
  const file = join(directory, 'kernel.json');
  writeFileSync(file, JSON.stringify(connection));
  const kernel = spawn(process.execPath, [kernelProgram(), '-f', file], {
    env: { ...process.env, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory, REPLIQUE_PROVIDER: 'mock' },
    stdio: 'ignore',
  });
  const ended = once(kernel, 'exit');
  const isReached = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(connection.shell_port, connection.ip, () => resolve(true));
      socket.on('error', () => resolve(false)).unref();
    });
  while (!(await isReached()));
  kernel.kill('SIGINT');
  const channels = new ZmqClient(connection);
  const client = new TestClient(channels);
  await client.published('iopub_welcome');
  client.send('shutdown_request', { restart: false }, 'control');
  expect(await ended).toEqual([0, null]);
  await channels.close();
});

function target(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
