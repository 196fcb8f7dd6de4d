import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../../kernel/alive.ts';
import { stillRuns } from '../../../kernel/processes.ts';
import { latest } from '../../../server/services/kernels/keep/claims.ts';
import { KeepStore } from '../../../server/services/kernels/keep/store.ts';
import { installKernelspec } from '../../support/other-kernels.ts';
import { RepliqueServer } from '../../support/replique-server.ts';
import { until } from '../../support/until.ts';

describe('kernels that nobody sees to', { timeout: 90_000 }, () => {
  let server: RepliqueServer;
  afterEach(() => server.close());

  const kept = (): KeepStore => {
    const top = join(server.top, 'runtime', 'replique-server');
    const directory = join(top, readdirSync(top)[0] ?? '');
    return new KeepStore(directory, latest(directory));
  };
  const start = async (name: string): Promise<string> =>
    ((await (await server.send('POST', 'api/kernels', { name })).json()) as { id: string }).id;

  it('end in time where a server of another address comes', async () => {
    server = await RepliqueServer.start({ keepKernelsSeconds: 2 });
    await start('python3');
    await server.leave();
    const store = kept();
    const [record] = store.kernels();
    const { pid } = store.watchdog()!;
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid));
    server = await server.next({ baseUrl: '/other/' });
    await until(() => !stillRuns(record!.process));
    await until(() => !existsSync(store.directory));
    expect(server.log.join('')).toContain('nobody sees to the kernels of another server');
    expect(await server.json('api/kernels')).toEqual([]);
  });

  it('are known before they have a process, so that one whose server is killed just then ends, too', async () => {
    server = await RepliqueServer.start({ keepKernelsSeconds: 60 });
    const seen = join(server.top, 'seen');
    const look = 'cat "$JUPYTER_RUNTIME_DIR"/replique-server/*/kernel-*.json > "$0"; exec sleep 600';
    const spec = { argv: ['/bin/sh', '-c', look, seen], display_name: 'Looks', language: 'none' };
    installKernelspec(join(server.top, 'data'), 'looks', spec);
    const id = await start('looks');
    await until(() => existsSync(seen) && readFileSync(seen, 'utf8') !== '');
    expect(readFileSync(seen, 'utf8')).toContain(id);
    const store = kept();
    const [record] = store.kernels();
    await server.leave();
    store.expectKernel(id); // all that a server which was killed just then has written
    server = await server.next();
    await until(() => !stillRuns(record!.process));
    expect(await server.json('api/kernels')).toEqual([]);
  });
});
