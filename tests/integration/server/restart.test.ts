import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isAlive } from '../../../kernel/alive.ts';
import { stillRuns } from '../../../kernel/processes.ts';
import { latest, leave, take } from '../../../server/services/kernels/keep/claims.ts';
import { privateDirectory } from '../../../server/services/kernels/keep/files.ts';
import { readMessages } from '../../../server/services/kernels/keep/messages.ts';
import { KeepStore } from '../../../server/services/kernels/keep/store.ts';
import { watchKernels } from '../../../server/services/kernels/keep/watch.ts';
import { PrintedFile } from '../../../server/services/kernels/printed.ts';
import { ChannelClient } from '../../support/channel-client.ts';
import { connectionsTo } from '../../support/ports.ts';
import { RepliqueServer } from '../../support/replique-server.ts';
import { until } from '../../support/until.ts';

let server: RepliqueServer;
afterEach(async () => {
  await server.close();
});

const keeping = { keepKernelsSeconds: 60 };

interface Session {
  readonly id: string;
  readonly path: string;
  readonly kernel: { readonly id: string; readonly execution_state: string };
}

const begin = async (name = 'python3'): Promise<Session> => {
  const body = { path: 'folder/a.ipynb', type: 'notebook', name: 'a.ipynb', kernel: { name } };
  return (await (await server.send('POST', 'api/sessions', body)).json()) as Session;
};

const attach = (kernel: string, session = 'tab'): Promise<ChannelClient> =>
  new ChannelClient(server.channels(kernel, session, ['v1.kernel.websocket.jupyter.org']), session).open();

/** Code that waits until it is told to go on, and who tells it. */
const waiting = (): [code: string, goOn: () => void] => {
  const marker = join(server.top, 'go-on');
  const code = `import os, time\nwhile not os.path.exists(${JSON.stringify(marker)}): time.sleep(0.01)`;
  return [code, () => writeFileSync(marker, '')];
};

/** @returns what waits until somebody sees to a kernel: for itself, and to what the server was to be told */
const watching = (kernel: string): (() => Promise<void>) => {
  const { connectionFile } = recordOf(join(keptIn(), `kernel-${kernel}.json`));
  const { stdin_port } = JSON.parse(readFileSync(connectionFile, 'utf8')) as { stdin_port: number };
  return () => until(() => connectionsTo(stdin_port) === 2);
};

/** Where this server writes down what the next one needs. */
const keptIn = (): string => {
  const top = join(server.top, 'runtime', 'replique-server');
  return join(top, readdirSync(top)[0] ?? '');
};

describe('a server that comes back', { timeout: 90_000 }, () => {
  it.each(['python3', 'replique'])(
    'goes on with a kernel %s: its memory, its session, its path',
    async (name) => {
      server = await RepliqueServer.start(keeping);
      const session = await begin(name);
      const client = await attach(session.kernel.id);
      const run = (code: string): string => client.execute(name === 'replique' ? `%%python\n${code}` : code);
      await client.reply(run('x = 41'));
      await server.leave();
      expect(await client.closed).toBe(1012); // by which JupyterLab knows that it should come back
      server = await server.next();
      expect(await server.json('api/sessions')).toMatchObject([
        { id: session.id, path: 'folder/a.ipynb', kernel: { id: session.kernel.id, name } },
      ]);
      const again = await attach(session.kernel.id);
      const code = 'print(x + 1)';
      const id = again.execute(name === 'replique' ? `%%python\n${code}` : code);
      await again.idle(id);
      expect(again.printed(id)).toBe('42\n');
      expect((await again.reply(id)).content).toMatchObject({ status: 'ok', execution_count: 2 });
      expect(await server.json(`api/kernels/${session.kernel.id}`)).toMatchObject({
        execution_state: 'idle',
      });
    },
  );

  it('gives a page all that a cell has printed before, between and after, once, and its reply', async () => {
    server = await RepliqueServer.start(keeping);
    const { kernel } = await begin();
    const client = await attach(kernel.id);
    const [wait, goOn] = waiting();
    const code = `import time
for n in range(400):
    print(n, flush=True)
    time.sleep(0.01)
${wait}
print('end')`;
    const id = client.execute(code);
    await client.until(() => client.printed(id).includes('20\n'));
    await server.leave();
    await client.closed;
    const before = client.printed(id);
    await sleep(300); // without a server
    server = await server.next();
    expect(await server.json(`api/kernels/${kernel.id}`)).toMatchObject({ execution_state: 'busy' });
    goOn();
    const again = await attach(kernel.id);
    await again.idle(id);
    const numbers = Array.from({ length: 400 }, (_, n) => `${n}\n`).join('');
    expect(before + again.printed(id)).toBe(`${numbers}end\n`);
    expect((await again.reply(id)).content).toMatchObject({ status: 'ok' });
    await until(async () => (await server.json(`api/kernels/${kernel.id}`))['execution_state'] === 'idle');
  });

  it('keeps what ended while it was away, for the page that comes back', async () => {
    server = await RepliqueServer.start(keeping);
    const { kernel } = await begin();
    const client = await attach(kernel.id);
    const done = join(server.top, 'done');
    const [wait, goOn] = waiting();
    const id = client.execute(`${wait}\nprint('meanwhile')\nopen(${JSON.stringify(done)}, 'w')`);
    await client.begun(id);
    const watched = watching(kernel.id);
    await server.leave();
    await watched();
    goOn();
    await until(() => existsSync(done));
    server = await server.next();
    const again = await attach(kernel.id);
    await again.idle(id);
    expect(again.printed(id)).toBe('meanwhile\n');
    expect((await again.reply(id)).content).toMatchObject({ status: 'ok' });
  });

  it('keeps what a closed tab had not seen', async () => {
    server = await RepliqueServer.start(keeping);
    const { kernel } = await begin();
    const client = await attach(kernel.id);
    const [wait, goOn] = waiting();
    const id = client.execute(`${wait}\nprint("unseen")`);
    await client.begun(id);
    await client.close();
    const other = await attach(kernel.id, 'tab');
    await other.close();
    await until(async () => (await server.json(`api/kernels/${kernel.id}`))['connections'] === 0);
    goOn();
    await until(async () => (await server.json(`api/kernels/${kernel.id}`))['execution_state'] === 'idle');
    await server.leave();
    server = await server.next();
    const again = await attach(kernel.id);
    await again.idle(id);
    expect(again.printed(id)).toBe('unseen\n');
  });

  it.each(['while the server ends', 'while there is no server', 'when the next one is there'])(
    'answers a question that a cell asks %s',
    async (when) => {
      server = await RepliqueServer.start(keeping);
      const { kernel } = await begin();
      const client = await attach(kernel.id);
      const [wait, goOn] = waiting();
      const id = client.execute(`${wait}\nprint("Hello", input("Who? "))`);
      await client.begun(id);
      const record = join(keptIn(), `kernel-${kernel.id}.json`);
      const watched = watching(kernel.id);
      const hasWorkLeft = when === 'while the server ends'; // it does not say that it has ended
      if (hasWorkLeft) vi.spyOn(KeepStore.prototype, 'leave').mockImplementationOnce(() => undefined);
      await server.leave();
      await watched();
      const isLater = when === 'when the next one is there';
      if (!isLater) goOn();
      await until(() => isLater || readFileSync(record, 'utf8').includes('"question"'));
      if (hasWorkLeft) new KeepStore(keptIn(), latest(keptIn())).leave();
      server = await server.next();
      if (isLater) goOn();
      const again = await attach(kernel.id);
      await again.until(({ channel }) => channel === 'stdin');
      again.send('input_reply', { status: 'ok', value: 'Ada' }, 'stdin');
      await again.idle(id);
      expect(again.printed(id)).toBe('Hello Ada\n');
    },
  );

  it.each(['python3', 'replique'])(
    'takes the answer to a question of a kernel %s that was open before, from the page that has it',
    async (name) => {
      server = await RepliqueServer.start(keeping);
      const { kernel } = await begin(name);
      const client = await attach(kernel.id);
      const code = 'print("Hello", input("Who? "))';
      const id = client.execute(name === 'replique' ? `%%python\n${code}` : code);
      await client.until(({ channel }) => channel === 'stdin');
      for (let restarts = 0; restarts < 2; restarts += 1) {
        await server.leave();
        server = await server.next();
      }
      const again = await attach(kernel.id);
      again.send('input_reply', { status: 'ok', value: 'Ada' }, 'stdin');
      await again.idle(id);
      expect(again.printed(id)).toBe('Hello Ada\n');
    },
  );

  it.each(['python3', 'replique'])(
    'denies a question of a kernel %s that was open before, when its page does not come back in time',
    async (name) => {
      server = await RepliqueServer.start({ ...keeping, inputSeconds: 1 });
      const { kernel } = await begin(name);
      const client = await attach(kernel.id);
      const code =
        'try: input("Who? ")\nexcept BaseException as e: print(type(e).__name__)\nopen("denied", "w")';
      client.execute(name === 'replique' ? `%%python\n${code}` : code);
      await client.until(({ channel }) => channel === 'stdin');
      await server.leave();
      server = await server.next();
      await until(async () => (await server.json(`api/kernels/${kernel.id}`))['execution_state'] === 'idle');
    },
  );

  it('interrupts, restarts and shuts down such a kernel, and starts it again when it is killed', async () => {
    server = await RepliqueServer.start(keeping);
    const { kernel } = await begin();
    await server.leave();
    server = await server.next();
    const client = await attach(kernel.id);
    const pid = async (): Promise<number> => {
      const id = client.execute('import os; print(os.getpid())');
      await client.idle(id);
      return Number(client.printed(id));
    };
    const sleeping = client.execute('import time; print("on", flush=True); time.sleep(60)');
    await client.until(() => client.printed(sleeping) === 'on\n');
    await server.send('POST', `api/kernels/${kernel.id}/interrupt`);
    expect((await client.reply(sleeping)).content).toMatchObject({ ename: 'KeyboardInterrupt' });
    const first = await pid();
    process.kill(first, 'SIGKILL');
    await client.state('restarting');
    const second = await pid();
    expect(second).not.toBe(first);
    expect(await server.request('metrics').then((answer) => answer.text())).toContain(
      'kernel_restarts_total{type="python3"} 1',
    );
    expect((await server.send('POST', `api/kernels/${kernel.id}/restart`)).status).toBe(200);
    expect(await pid()).not.toBe(second);
    expect((await server.send('DELETE', `api/kernels/${kernel.id}`)).status).toBe(204);
    expect(readdirSync(keptIn()).filter((name) => name.startsWith('kernel-'))).toEqual([]);
  });

  it('forgets a kernel that has ended meanwhile, and its session', async () => {
    server = await RepliqueServer.start(keeping);
    const { kernel } = await begin();
    const record = join(keptIn(), `kernel-${kernel.id}.json`);
    const { process: mark } = JSON.parse(readFileSync(record, 'utf8')) as { process: { pid: number } };
    await server.leave();
    process.kill(mark.pid, 'SIGKILL');
    await until(() => !existsSync(`/proc/${mark.pid}`));
    server = await server.next();
    expect([await server.json('api/kernels'), await server.json('api/sessions')]).toEqual([[], []]);
    expect(existsSync(record)).toBe(false);
  });

  it('has the token that pages know, where nobody has named one', async () => {
    server = await RepliqueServer.start({ ...keeping, token: undefined });
    const { token } = server;
    await server.leave();
    server = await server.next();
    expect(server.token).toBe(token);
    expect((await server.request('api/kernels')).status).toBe(200);
  });

  it('takes no other server’s kernels, and nothing that is damaged', async () => {
    server = await RepliqueServer.start(keeping);
    const { kernel } = await begin();
    const other = await server.next(); // at once, with the same settings
    expect(await other.json('api/kernels')).toEqual([]);
    await other.leave();
    const directory = keptIn();
    await server.leave();
    const record = readFileSync(join(directory, `kernel-${kernel.id}.json`), 'utf8');
    const bad = '00000000-0000-0000-0000-000000000000';
    writeFileSync(join(directory, `kernel-${bad}.json`), record.replace(kernel.id, '../../etc'));
    writeFileSync(join(directory, 'sessions.json'), '[{"id": 1}]');
    writeFileSync(join(directory, `kernel-${kernel.id}.messages`), 'no messages');
    server = await server.next();
    expect(await server.json('api/kernels')).toMatchObject([{ id: kernel.id }]);
    expect(await server.json('api/sessions')).toEqual([]);
  });

  it('ends a kernel of which it can’t be told any more how it stands, and touches no process but the kernel’s', async () => {
    const bystander = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    const { pid = 0 } = bystander;
    server = await RepliqueServer.start(keeping);
    const kernels = [];
    for (let n = 0; n < 3; n += 1) {
      const answer = await server.send('POST', 'api/kernels', { name: 'python3' });
      kernels.push(((await answer.json()) as { id: string }).id);
    }
    await server.leave();
    const directory = keptIn();
    const [damaged = '', taken = '', replaced = ''] = kernels.map((id) =>
      join(directory, `kernel-${id}.json`),
    );
    const processes = [damaged, taken, replaced].map((file) => recordOf(file).process);
    writeFileSync(damaged, '{"id":');
    // Its number is another process's by now, which was started later.
    const before = recordOf(taken);
    writeFileSync(taken, JSON.stringify({ ...before, process: { ...before.process, pid } }));
    // Another kernel's connection is where its own was.
    const { connectionFile } = recordOf(replaced);
    const other = JSON.parse(readFileSync(connectionFile, 'utf8')) as object;
    writeFileSync(connectionFile, JSON.stringify({ ...other, key: 'another' }));
    server = await server.next();
    expect(await server.json('api/kernels')).toEqual([]);
    await until(() => processes.every((each) => !stillRuns(each)));
    expect(isAlive(pid)).toBe(true);
    expect(readdirSync(directory).filter((name) => name.startsWith('kernel-'))).toEqual([]);
    bystander.kill('SIGKILL');
  });
});

interface Kept {
  readonly process: { readonly pid: number; readonly started: string };
  readonly connectionFile: string;
}
const recordOf = (file: string): Kept => JSON.parse(readFileSync(file, 'utf8')) as Kept;

describe('what sees to the kernels of a server that is gone', { timeout: 90_000 }, () => {
  /** Takes the place of the process that the server has left behind. */
  async function takePlace(): Promise<KeepStore> {
    await server.leave();
    const directory = keptIn();
    const store = new KeepStore(directory, latest(directory));
    const { pid = 0 } = store.watch() ?? {};
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid));
    store.forgetWatch();
    return store;
  }
  const options = ({ directory, generation }: KeepStore, more: object) => ({
    ...{ directory, generation, seconds: 60, mostBytes: 2 ** 30, stop: new AbortController().signal },
    ...more,
  });
  const begun = async (): Promise<{ kernel: string; client: ChannelClient }> => {
    server = await RepliqueServer.start(keeping);
    const { kernel } = await begin();
    return { kernel: kernel.id, client: await attach(kernel.id) };
  };

  it('keeps what they say and answer, and says what had no room', async () => {
    const { kernel, client } = await begun();
    const [wait, goOn] = waiting();
    const done = join(server.top, 'done');
    const large = `print('x' * 100_000, flush=True)\nopen(${JSON.stringify(done)}, 'w')`;
    const id = client.execute(`${wait}\nprint('kept', flush=True)\n${large}`);
    await client.begun(id);
    const store = await takePlace();
    const stop = new AbortController();
    const watching = watchKernels(options(store, { stop: stop.signal, mostBytes: 50_000 }));
    await until(() => store.watch());
    goOn();
    const file = store.messagesFile(kernel);
    await until(() => [...readMessages(file)].some(({ header }) => header.msg_type === 'stream'));
    await until(() => existsSync(done));
    await sleep(1000); // what was said last, which is too large, is on its way
    stop.abort();
    await watching;
    store.forgetWatch();
    server = await server.next();
    const again = await attach(kernel);
    await again.until(() => again.printed().includes('had no room'));
    expect(again.printed(id)).toMatch(/^kept\n/);
    expect(again.printed(id)).not.toContain('xxx');
  });

  it('ends them when their time is over, and leaves nothing', async () => {
    const { kernel } = await begun();
    const store = await takePlace();
    const [record] = store.kernels();
    await watchKernels(options(store, { seconds: 0.2 }));
    expect(existsSync(store.directory)).toBe(false);
    expect(stillRuns(record!.process)).toBe(false);
    expect(existsSync(record!.connectionFile)).toBe(false);
    await watchKernels(options(store, {})); // once more: there is nothing to see to
    server = await server.next();
    expect((await server.request(`api/kernels/${kernel}`)).status).toBe(404);
  });

  it('leaves them alone where another server has them, or is to have them', async () => {
    await begun();
    const store = await takePlace();
    const [record] = store.kernels();
    expect([take(store.directory), take(store.directory, store.generation)]).toEqual([
      store.generation + 1,
      undefined,
    ]);
    const stop = new AbortController();
    const watching = watchKernels(options(store, { seconds: 0, stop: stop.signal }));
    await sleep(300); // longer than it takes to end them
    expect(stillRuns(record!.process)).toBe(true);
    stop.abort();
    await watching;
    expect(stillRuns(record!.process)).toBe(true);
    leave(store.directory, store.generation + 1);
    server = await server.next();
    expect(await server.json('api/kernels')).toHaveLength(1);
  });

  it.each([0, 0.1])('does nothing to them while their server runs (%d s)', async (seconds) => {
    const { kernel, client } = await begun();
    const directory = keptIn();
    const store = new KeepStore(directory, latest(directory));
    const stop = new AbortController();
    const watching = watchKernels(options(store, { seconds, stop: stop.signal }));
    if (seconds > 0) await until(() => store.watch());
    await sleep(500); // longer than they may go on without a server
    const id = client.execute('print("here")');
    await client.idle(id);
    expect(client.printed(id)).toBe('here\n');
    expect(await server.json('api/kernels')).toMatchObject([{ id: kernel }]);
    stop.abort();
    await watching;
    store.forgetWatch();
  });

  it('goes on where the next server has gone before it could listen, until the time is over', async () => {
    await begun();
    const store = await takePlace();
    const [record] = store.kernels();
    const goneAgain = (generation: number): void => {
      take(store.directory, generation);
      leave(store.directory, generation + 1); // as one does whose settings are wrong
    };
    goneAgain(store.generation); // also before anybody listens
    const watching = watchKernels(options(store, { seconds: 3 }));
    await until(() => store.watch());
    goneAgain(store.generation + 1);
    await watching;
    expect(stillRuns(record!.process)).toBe(false);
    expect(existsSync(store.directory)).toBe(false);
    server = await server.next();
  });

  it('touches no directory but a server’s', async () => {
    await begun();
    const other = join(server.top, 'other');
    mkdirSync(other, { mode: 0o700 });
    const look = (directory: string, generation: number) =>
      watchKernels(options(new KeepStore(directory, generation), { seconds: 0 }));
    await expect(look(other, 1)).rejects.toThrow(/nothing that a server has left/);
    await expect(look(keptIn(), 0)).rejects.toThrow(/nothing that a server has left/);
    await expect(look(keptIn(), 7)).rejects.toThrow(/nothing that a server has left/);
    expect(readdirSync(other)).toEqual([]);
    expect(await server.json('api/kernels')).toHaveLength(1);
  });

  it('has a place that is no link to another', () => {
    const directory = mkdtempSync(join(tmpdir(), 'rp-'));
    symlinkSync(directory, `${directory}-link`);
    expect(() => privateDirectory(`${directory}-link`)).toThrow(/not this user’s alone/);
    rmSync(directory, { recursive: true });
    rmSync(`${directory}-link`);
  });

  it('has a place that nobody else may write to', () => {
    const directory = mkdtempSync(join(tmpdir(), 'rp-'));
    chmodSync(directory, 0o777);
    expect(() => privateDirectory(directory)).toThrow(/not this user’s alone/);
    rmSync(directory, { recursive: true });
  });

  it('is not filled by what a kernel prints beside its cells', async () => {
    vi.useFakeTimers();
    const file = join(mkdtempSync(join(tmpdir(), 'rp-')), 'log');
    const printed = new PrintedFile(file);
    writeFileSync(file, `${'x'.repeat(2 ** 20)}the end\n`);
    expect(printed.tail()).toMatch(/x the end|xthe end\n$/);
    await vi.advanceTimersByTimeAsync(5000);
    expect(statSync(file).size).toBe(0);
    printed.stop();
    printed.stop();
    expect(printed.tail()).toBe('');
    vi.useRealTimers();
    rmSync(dirname(file), { recursive: true });
  });
});
