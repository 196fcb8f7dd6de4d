import { closeSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { impostor, installKernelspec } from '../support/other-kernels.ts';
import { KernelUnderTest } from '../support/kernels.ts';

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

function target(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
