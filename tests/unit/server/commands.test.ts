import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runKernelAudit } from '../../../server/cli/audit/kernel-audit.ts';
import { pairs } from '../../../server/cli/commands/install.ts';
import { isPassword, parsePasswordHash } from '../../../server/http/access/password.ts';
import { replique, startReplique } from '../../support/cli.ts';
import { codeCell, outputsOfTurns, saveNotebook } from '../../support/saved-session.ts';
import { environment, temporaryDirectory } from './temporary.ts';

/** Commands that need no kernel, in this process. */

afterEach(() => vi.restoreAllMocks());

describe('replique show', () => {
  const terminal = (values: { isTTY: boolean; columns?: number }) => {
    const before = { isTTY: process.stdout.isTTY, columns: process.stdout.columns };
    Object.assign(process.stdout, { columns: undefined, ...values });
    onTestFinished(() => void Object.assign(process.stdout, before));
  };
  const long = 'word '.repeat(30).trim();
  const file = () => saveNotebook(temporaryDirectory(), [codeCell(long, 1)]);

  it('wraps and colours at a terminal, unless colours are not wanted', async () => {
    terminal({ isTTY: true, columns: 40 });
    const { stdout, status } = await replique('show', file());
    expect([status, stdout.split('\n').length]).toEqual([0, 6]); // 32 columns beside the number
    expect(stdout).toContain('\u001b[1mIn [1]: word');
    environment({ NO_COLOR: '1' });
    expect((await replique('show', file())).stdout).not.toContain('\u001b');
  });

  it('does neither elsewhere', async () => {
    terminal({ isTTY: false });
    expect((await replique('show', file())).stdout).toBe(`In [1]: ${long}\n`);
  });
});

describe('replique export', () => {
  it('writes to stdout, or to a file that can be written', async () => {
    const directory = temporaryDirectory();
    const file = saveNotebook(directory, [codeCell('Ask', 1, outputsOfTurns([{ text: 'Yes.' }]))]);
    const { stdout } = await replique('export', file, '--to', 'md');
    expect(stdout).toContain('> Ask');
    const output = join(directory, 'book.md');
    expect(await replique('export', file, '--to', 'md', '--output', output)).toEqual({
      status: 0,
      stdout: '',
      stderr: `Written to ${output}\n`,
    });
    expect(readFileSync(output, 'utf8')).toBe(stdout);
    const refused = await replique('export', file, '--to', 'md', '--output', directory);
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('it is a directory') as string,
    });
    expect(await replique('export', file, '--to', 'pdf')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('md, html, py, trace') as string,
    });
  });
});

describe('replique password', () => {
  const typed = (text: string, isTTY: boolean) => {
    const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin });
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as never);
    stdin.end(text);
  };

  it.each([true, false])(
    'keeps what is typed as a hash, for its owner alone (at a terminal: %s)',
    async (isTTY) => {
      const file = join(temporaryDirectory(), 'password');
      typed('correct horse\n', isTTY);
      const { status, stdout, stderr } = await replique('password', file);
      expect([status, stdout]).toEqual([0, expect.stringContaining(`--password-file ${file}`)]);
      expect(stderr).toBe(isTTY ? 'New password: \n' : '');
      const text = readFileSync(file, 'utf8');
      expect(text).not.toContain('horse');
      expect(await isPassword('correct horse', parsePasswordHash(text)!)).toBe(true);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    },
  );

  it.each(['short\n', ''])('refuses %j', async (text) => {
    typed(text, false);
    const { status, stderr } = await replique('password', join(temporaryDirectory(), 'password'));
    expect([status, stderr]).toEqual([1, expect.stringContaining('fewer than 8 characters')]);
  });

  it('says where it can’t be written', async () => {
    typed('correct horse\n', false);
    const file = join(temporaryDirectory(), 'none', 'password');
    expect(await replique('password', file)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(file) as string,
    });
  });
});

describe('replique server', () => {
  const place = () => {
    const directory = temporaryDirectory();
    for (const name of ['data', 'runtime']) mkdirSync(join(directory, name));
    environment({
      JUPYTER_DATA_DIR: join(directory, 'data'),
      JUPYTER_RUNTIME_DIR: join(directory, 'runtime'),
    });
    return ['--allow-root', '--port', '0', '--dir', directory, '--log-level', 'silent'];
  };

  it('shows its configuration without the token, and lab does', async () => {
    for (const command of ['server', 'lab']) {
      const { status, stdout } = await replique(command, ...place(), '--token', 'hush-hush', '--show-config');
      expect([status, JSON.parse(stdout)]).toMatchObject([
        0,
        { port: { value: 0 }, logLevel: { value: 'silent' } },
      ]);
      expect(stdout).not.toContain('hush');
    }
  });

  it.each([
    ['a-token', '?token=a-token', false],
    ['', '', true],
  ])('says where it listens, with token %j, and ends at a signal', async (token, query, warns) => {
    const before = process.listeners('SIGINT');
    const server = startReplique('server', ...place(), '--token', token);
    await vi.waitFor(() => expect(server.said.stdout).toContain('Stop it with Ctrl-C'), { timeout: 20_000 });
    const [address = ''] = /http:\S+/.exec(server.said.stdout) ?? [];
    expect(address.endsWith(`/${query}`)).toBe(true);
    expect((await fetch(new URL('api', address))).status).toBe(200);
    process.emit('SIGINT');
    const { status, stdout } = await server.ended;
    expect([status, stdout.includes('Anybody on this machine')]).toEqual([0, warns]);
    await expect(fetch(address)).rejects.toThrow();
    for (const one of process.listeners('SIGINT')) if (!before.includes(one)) process.off('SIGINT', one);
  });
});

describe('variables of a kernelspec', () => {
  it.each([
    [['A', '1', 'B=2=3', 'C', ''], { A: '1', B: '2=3', C: '' }],
    [[], {}],
  ])('are read from %j', (words, env) => {
    expect(pairs(words)).toEqual(env);
  });

  it.each([[['A']], [['1A', 'x']], [['=x']], [['A B', 'x']]])('are none in %j', (words) => {
    expect(() => pairs(words)).toThrow('is not a variable with its value');
  });
});

describe('the kernel’s word on the audit', () => {
  const program = (source: string): string => {
    const file = join(temporaryDirectory(), 'kernel.mjs');
    writeFileSync(file, source);
    return file;
  };
  const done = `console.log('{"type":"done","directory":"/a"}');`;

  it.each([
    [done, 0],
    [`${done} process.exitCode = 4;`, 1],
    [
      `process.stdout.write('{"type":"done","directory":"/a"}\\n', () => process.kill(process.pid, 'SIGKILL'));`,
      1,
    ],
  ])('gives the status of %s', async (source, status) => {
    const said: string[] = [];
    expect(await runKernelAudit(['verify'], ({ type }) => said.push(type), program(source))).toBe(status);
    expect(said).toEqual(['done']);
  });

  it.each([
    [`console.log('{"type":"none-such"}')`, 'not of its protocol'],
    [`console.log('"' + 'x'.repeat(300_001) + '"')`, 'not of its protocol'],
    [`console.error('No.\\n  → Mend it.')`, 'No.'],
    ['', 'it could not read the audit.'],
  ])('is refused from %s', async (source, sentence) => {
    await expect(runKernelAudit(['show'], () => undefined, program(source))).rejects.toThrow(sentence);
  });
});
