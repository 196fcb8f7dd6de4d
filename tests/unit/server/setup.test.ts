import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openBrowser } from '../../../server/cli/lab/browser.ts';
import { choosePort } from '../../../server/cli/lab/port.ts';
import { ensureBubblewrap } from '../../../server/cli/setup/bubblewrap.ts';
import type { Machine } from '../../../server/cli/setup/bubblewrap.ts';
import { runKernelCheck, runKernelSetup } from '../../../server/cli/setup/kernel-setup.ts';
import { lastLines, runCommand } from '../../../server/cli/setup/run-command.ts';
import { readSettings } from '../../../server/cli/setup/settings.ts';
import { askYesNo } from '../../../server/cli/terminal/ask.ts';
import { RecordingSink, environment, temporaryDirectory, writeScript } from './temporary.ts';

describe('running a program', () => {
  it('gives status, output and lines, and never throws', async () => {
    const lines: string[] = [];
    const result = await runCommand('/bin/sh', ['-c', 'echo a; echo b >&2; exit 3'], {
      onLine: (line) => lines.push(line),
    });
    expect(result).toEqual({ status: 3, stdout: 'a\n', stderr: 'b\n' });
    expect(lines.sort()).toEqual(['a', 'b']);
    expect((await runCommand('/no/such/program', [])).status).toBe(127);
    expect((await runCommand('/bin/sh', ['-c', 'kill -9 $$'])).status).toBe(128);
  });

  it('quotes the end of what was said', () => {
    expect(lastLines({ status: 1, stdout: 'x', stderr: '1\n2\n3\n4\n' })).toBe('2\n3\n4');
    expect(lastLines({ status: 1, stdout: 'x', stderr: '' })).toBe('x');
    expect(lastLines({ status: 7, stdout: '', stderr: '' })).toBe('exit status 7');
  });
});

describe('bubblewrap', () => {
  /** A machine without bubblewrap, where the given programs answer. */
  function machine(uid: number, osRelease: string, answers: (command: string) => number) {
    const path = temporaryDirectory();
    const calls: string[] = [];
    const run: Machine['run'] = (command, args) => {
      const call = [command, ...args].join(' ');
      calls.push(call);
      const status = answers(call);
      if (status === 0 && call.includes('apt-get')) writeScript(path, 'bwrap', '');
      return Promise.resolve({ status, stdout: '', stderr: '' });
    };
    return { calls, machine: { path, uid, osRelease, run, directories: [] } satisfies Machine };
  }

  const debian = 'PRETTY_NAME="Debian"\nID=debian\n';
  const mint = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n';

  it('is left alone where it is', async () => {
    const { machine: here, calls } = machine(0, debian, () => 1);
    writeScript(here.path, 'bwrap', '');
    await ensureBubblewrap(new RecordingSink(), here);
    expect(calls).toEqual([]);
  });

  it('is installed by root, and with sudo where that asks for no password', async () => {
    const root = machine(0, debian, () => 0);
    await ensureBubblewrap(new RecordingSink(), root.machine);
    expect(root.calls).toEqual(['sh -c apt-get update && apt-get install -y bubblewrap']);
    const user = machine(1000, mint, () => 0);
    await ensureBubblewrap(new RecordingSink(), user.machine);
    expect(user.calls).toEqual([
      'sudo -n true',
      'sudo -n sh -c apt-get update && apt-get install -y bubblewrap',
    ]);
  });

  it.each([
    [
      'sudo asks for a password',
      1000,
      debian,
      "sudo sh -c 'apt-get update && apt-get install -y bubblewrap'",
    ],
    ['the installation fails', 0, debian, "sudo sh -c 'apt-get update"],
    ['it is Fedora', 0, 'ID=fedora', 'sudo dnf install -y bubblewrap'],
    ['it is not known', 0, '', 'package manager'],
  ])('is named with one command where %s', async (_case, uid, osRelease, command) => {
    const { machine: here } = machine(uid, osRelease, () => 1);
    await expect(ensureBubblewrap(new RecordingSink(), here)).rejects.toMatchObject({
      code: 'BUBBLEWRAP_MISSING',
      remedy: expect.stringContaining(command) as string,
    });
  });
});

describe('settings of the set-up', () => {
  it('come from the environment, then from config.json', () => {
    const config = temporaryDirectory();
    environment({ XDG_CONFIG_HOME: config });
    expect(readSettings({})).toEqual({ python: undefined, sandboxed: true });
    mkdirSync(join(config, 'replique'));
    const file = join(config, 'replique', 'config.json');
    writeFileSync(file, '{"python": "/p", "sandbox": "none", "provider": "mock"}');
    expect(readSettings({})).toEqual({ python: '/p', sandboxed: false });
    expect(readSettings({ REPLIQUE_PYTHON: '/q', REPLIQUE_SANDBOX: 'bubblewrap' })).toEqual({
      python: '/q',
      sandboxed: true,
    });
    writeFileSync(file, '{"groqApiKey": "secret",');
    expect(() => readSettings({})).toThrow(/config\.json/);
    expect(() => readSettings({})).not.toThrow(/secret/);
  });
});

describe('the kernel’s set-up', () => {
  function program(source: string): string {
    const file = join(temporaryDirectory(), 'kernel.mjs');
    writeFileSync(file, source);
    return file;
  }

  it('is shown, asked for and answered', async () => {
    const sink = new RecordingSink();
    const file = program(`
      import { createInterface } from 'node:readline';
      const say = (event) => console.log(JSON.stringify(event));
      say({ type: 'step', text: process.argv.slice(2).join(' ') });
      console.log('not an event');
      say({ type: 'progress', label: 'Weights', doneBytes: 5, totalBytes: 10 });
      say({ type: 'ask', question: 'Fetch?' });
      createInterface({ input: process.stdin }).once('line', (line) => {
        say({ type: 'step', text: line });
        say({ type: 'done' });
        process.exit(0);
      });`);
    const questions: string[] = [];
    const ask = (question: string) => Promise.resolve(questions.push(question) > 1);
    await runKernelSetup({ sink, ask, program: file });
    await runKernelSetup({ sink, ask, program: file, args: ['setup', '--embedded'] });
    expect(questions).toEqual(['Fetch?', 'Fetch?']);
    expect(sink.steps).toEqual(['setup', 'no', 'setup --embedded', 'yes']);
    expect(sink.states[0]).toEqual({ label: 'Weights', done: 5, total: 10, unit: 'bytes' });
  });

  it('fails with the kernel’s own sentence, or with its status', async () => {
    const options = { sink: new RecordingSink(), ask: () => Promise.resolve(true) };
    const failed = program(
      `console.log('{"type":"failed","sentence":"The disk is full.","remedy":"Make room."}'); process.exitCode = 1;`,
    );
    await expect(runKernelSetup({ ...options, program: failed })).rejects.toMatchObject({
      message: 'The disk is full.',
      remedy: 'Make room.',
    });
    const unreadable = program(`console.error('No.\\n  → Mend it.'); process.exit(1);`);
    await expect(runKernelSetup({ ...options, program: unreadable })).rejects.toMatchObject({
      remedy: 'Mend it.',
    });
    await expect(runKernelSetup({ ...options, program: program('process.exit(4)') })).rejects.toThrow(
      'status 4',
    );
  });

  it('checks the machine', async () => {
    const report = {
      ok: false,
      lines: [{ name: 'Disk', ok: false, needed: true, detail: 'full', remedy: 'rm' }],
    };
    const good = program(`console.log(${JSON.stringify(JSON.stringify(report))}); process.exitCode = 1;`);
    expect(await runKernelCheck(good)).toEqual(report);
    await expect(runKernelCheck(program('console.error("broken")'))).rejects.toThrow('broken');
  });
});

describe('asking', () => {
  function terminal(answer: string, isTTY = true) {
    const input = Object.assign(new PassThrough(), { isTTY });
    const output = Object.assign(new PassThrough(), { isTTY });
    input.write(answer);
    return { input: input as never, output: output as never, read: () => String(output.read()) };
  }

  it('takes yes for granted, at a terminal and without one', async () => {
    for (const [answer, expected] of [
      ['\n', true],
      ['y\n', true],
      ['No\n', false],
      [' n\n', false],
    ] as const) {
      const { input, output } = terminal(answer);
      expect(await askYesNo('Fetch?', input, output)).toBe(expected);
    }
    const { input, output, read } = terminal('n\n', false);
    expect(await askYesNo('Fetch?', input, output)).toBe(true);
    expect(read()).toContain('Fetch?');
  });
});

describe('the port', () => {
  it('is the wanted one, or the error says that it is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expect(choosePort(String(port))).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await expect(choosePort('http')).rejects.toThrow('"http" is not a port');
    await expect(choosePort('70000')).rejects.toThrow('not a port');
    const free = await choosePort();
    expect(await choosePort(String(free))).toBe(free);
  });

  it.skipIf(process.platform !== 'linux')(
    'that needs rights this user has not is said to need them',
    async () => {
      const first = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
      if (first < 2) return; // this machine needs none
      const root = process.geteuid?.() === 0;
      if (root) process.seteuid?.(65_534);
      try {
        await expect(choosePort('1')).rejects.toThrow("Port 1 can't be used: EACCES");
      } finally {
        if (root) process.seteuid?.(0);
      }
    },
  );
});

describe('the browser', () => {
  it('is opened only where there is a desktop and someone at the terminal', async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    const seen = join(directory, 'seen');
    writeScript(directory, 'xdg-open', `echo "$1" >> ${seen}`);
    environment({ PATH: `${directory}:${process.env['PATH'] ?? ''}` });
    openBrowser('http://none', {}, true);
    openBrowser('http://none', { DISPLAY: ':0' }, false);
    openBrowser('http://some', { DISPLAY: ':0' }, true);
    const read = async () => (await runCommand('cat', [seen])).stdout;
    await expect.poll(read, { timeout: 10_000 }).toBe('http://some\n');
  });
});
