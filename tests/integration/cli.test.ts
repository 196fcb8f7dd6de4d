import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkReport } from '../../kernel/protocol/setup.ts';
import { runCli } from '../../server/cli/cli.ts';

/** The commands as a person runs them, on the built kernel and the real Python environments; the provider is a double. */

let directory: string;
let said: { out: string; err: string };
/** Is given each piece of what is said on stdout. */
let onOut: (text: string) => void;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-commands-'));
  said = { out: '', err: '' };
  onOut = () => undefined;
  const keep = (name: 'out' | 'err') => (text: string | Uint8Array) => {
    said[name] += String(text);
    if (name === 'out') onOut(String(text));
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep('out'));
  vi.spyOn(process.stderr, 'write').mockImplementation(keep('err'));
  const script = join(directory, 'script.json');
  const replies = [
    { text: 'I look.\n<helpers lang="python">\nprint(6 * 7)\n</helpers>' },
    { text: 'The answer is 42.' },
  ];
  writeFileSync(script, JSON.stringify({ replies }));
  vi.stubEnv('REPLIQUE_PROVIDER', 'mock');
  vi.stubEnv('REPLIQUE_MOCK_SCRIPT', script);
  vi.stubEnv('XDG_CONFIG_HOME', join(directory, 'config'));
  vi.stubEnv('REPLIQUE_AUDIT_DIR', join(directory, 'audit'));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = 0;
  rmSync(directory, { recursive: true, force: true });
});

/** Runs a command and gives its exit status. */
async function replique(...args: string[]): Promise<number> {
  process.exitCode = 0;
  await runCli(['node', 'replique', ...args]);
  return process.exitCode;
}

const isShown = (text: string) => vi.waitFor(() => expect(said.out).toContain(text), { timeout: 25_000 });

function notebook(...sources: string[]): string {
  const file = join(directory, 'book.ipynb');
  const cells = sources.map((source) => ({
    cell_type: 'code',
    metadata: {},
    source,
    outputs: [],
    execution_count: null,
  }));
  writeFileSync(file, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
  return file;
}

describe('replique', () => {
  it('doctor checks the machine', async () => {
    const status = await replique('doctor', '--json');
    const report = checkReport.parse(JSON.parse(said.out));
    expect(status).toBe(report.ok ? 0 : 1);
    said.out = '';
    expect(await replique('doctor')).toBe(status);
    for (const { name } of report.lines) expect(said.out).toContain(name);
  });

  it('setup sets up and ends with the system check', async () => {
    expect(await replique('setup')).toBe(0);
    expect(said.err).toContain('mock');
    expect(said.out).toContain('System check');
  });

  it('install and uninstall put the kernelspec where they say, and take it away', async () => {
    const place = ['--prefix', directory, '--name', 'other'];
    expect(await replique('install', ...place, '--env', 'A', '1', '--display-name', 'Other')).toBe(0);
    const spec = join(directory, 'share', 'jupyter', 'kernels', 'other');
    expect(said.out).toContain(spec);
    const read = JSON.parse(readFileSync(join(spec, 'kernel.json'), 'utf8')) as unknown;
    expect(read).toMatchObject({ display_name: 'Other', env: { A: '1' } });
    const extension = join(directory, 'share', 'jupyter', 'labextensions', 'replique-jupyterlab');
    const { jupyterlab } = JSON.parse(readFileSync(join(extension, 'package.json'), 'utf8')) as {
      jupyterlab: { _build: { load: string } };
    };
    expect(existsSync(join(extension, jupyterlab._build.load))).toBe(true);
    expect(await replique('install', '--prefix', directory)).toBe(0);
    expect(await replique('uninstall', ...place)).toBe(0);
    expect([existsSync(spec), existsSync(extension)]).toEqual([false, true]);
    expect(await replique('uninstall', '--prefix', directory)).toBe(0);
    expect(existsSync(extension)).toBe(false);
    expect(await replique('uninstall', ...place)).toBe(0);
    expect(said.out).toContain('There is no kernelspec other');
  });

  it('run executes a notebook and writes it beside', async () => {
    const file = notebook('What is 6 × 7?', '%%python\nprint("direct")');
    expect(await replique('run', file)).toBe(0);
    expect(said.out).toContain('The answer is 42.');
    expect(said.out).toContain('\n42\n');
    expect(said.out).toContain('direct');
    const written = readFileSync(join(directory, 'book.out.ipynb'), 'utf8');
    expect(written).toContain('The answer is 42.');
    expect(written).toContain('application/vnd.replique.turn+json');
    expect(written).toContain('"name": "replique"');
  });

  it('run stops with status 1 at an error and still writes', async () => {
    const file = notebook('%%python\n1/0', '%%python\nprint("never")');
    const output = join(directory, 'elsewhere.ipynb');
    expect(await replique('run', file, '--output', output)).toBe(1);
    expect(said.out).toContain('ZeroDivisionError');
    expect(said.out).not.toContain('\nnever\n');
    expect(readFileSync(output, 'utf8')).toContain('ZeroDivisionError');
  });

  it('run interrupts the cell at the first Ctrl-C and stops at the second', async () => {
    const file = notebook(
      '%%python\nprint("go", flush=True)\nimport time\ntime.sleep(600)',
      '%%python\nprint(1)',
    );
    const status = replique('run', file);
    await isShown('\ngo\n');
    process.emit('SIGINT');
    process.emit('SIGINT'); // npm passes on what the terminal sent
    expect(await status).toBe(1);
    expect(said.out).toContain('KeyboardInterrupt');
  });

  it('run lets no Ctrl-C get lost that comes before the cell has begun', async () => {
    const file = notebook('%%python\nimport time\ntime.sleep(600)', '%%python\nprint("never")');
    onOut = (text) => {
      if (text.includes('In [1]')) process.emit('SIGINT'); // the request is not sent yet
    };
    expect(await replique('run', file)).toBe(1);
    expect(said.out).toContain('KeyboardInterrupt');
    expect(said.out).not.toContain('In [2]');
  });

  it('run begins no cell after a Ctrl-C that came when one had ended, or was allowed to fail', async () => {
    const file = notebook('%%python\nprint("one")', '%%python\nprint("two")');
    const content = JSON.parse(readFileSync(file, 'utf8')) as { cells: { metadata: unknown }[] };
    content.cells[0]!.metadata = { tags: ['raises-exception'] };
    writeFileSync(file, JSON.stringify(content));
    onOut = (text) => {
      if (text === 'one\n') process.emit('SIGINT');
    };
    expect(await replique('run', file)).toBe(1);
    expect(said.out).not.toContain('In [2]');
    expect(existsSync(join(directory, 'book.out.ipynb'))).toBe(true);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('run stops at once at %s', async (signal) => {
    const file = notebook('%%python\nprint("go", flush=True)\nimport time\ntime.sleep(600)');
    const status = replique('run', file);
    await isShown('\ngo\n');
    process.emit(signal);
    expect(await status).toBe(130);
    expect(existsSync(join(directory, 'book.out.ipynb'))).toBe(true);
  });

  it.each([
    [['run', '/no/such.ipynb'], 'no such file', 'Name a notebook'],
    [['start', '--port', 'abc'], 'not a port', 'Name one from 1'],
    [['install', '--name', '../x'], "can't be the name", 'Use letters'],
    [['install', '--env', 'A'], '--env A', 'Write --env'],
    [
      ['install', '--user', '--prefix', '/x'],
      '--user and --prefix name different places',
      'Give one of them',
    ],
    [['uninstall', '--sys-prefix', '--prefix', '/x'], 'name different places', 'Give one of them'],
    [['install', '--display-name', ''], "can't be the name that is shown", 'Write --display-name'],
    [['install', '--prefix', '/proc/x'], "can't be written", 'Make room or permission'],
  ])('%j says what is wrong and how to mend it, without a stack trace', async (args, sentence, remedy) => {
    vi.stubEnv('REPLIQUE_DEBUG', '');
    expect(await replique(...args)).toBe(1);
    expect(said.err).toContain(sentence);
    expect(said.err).toContain(`→ ${remedy}`);
    expect(said.err).not.toMatch(/^\s+at /m);
  });

  it('run tells of a place that can’t be written before it runs anything', async () => {
    const file = notebook('%%python\nprint("ran")');
    for (const output of [join(directory, 'no', 'such', 'x.ipynb'), directory, join(file, 'x.ipynb')]) {
      expect(await replique('run', file, '--output', output)).toBe(1);
      expect(said.err).toContain(`${output} can't be written`);
    }
    expect(said.out).toBe('');
    expect(readdirSync(directory).sort()).toEqual(['book.ipynb', 'script.json']);
  });

  it('run tells of a Python without IPython before it runs anything', async () => {
    const python = join(directory, 'python');
    const answer = '["/usr/bin/python3", [3, 11, 2]]';
    const script = `#!/bin/sh\ncase "$*" in *find_spec*) exit 1;; esac\necho '${answer}'\n`;
    writeFileSync(python, script, { mode: 0o755 });
    vi.stubEnv('REPLIQUE_PYTHON', python);
    expect(await replique('run', notebook('%%python\nprint("ran")'))).toBe(1);
    expect(said.err).toContain(`The Python ${python} has no IPython.`);
    expect(said.err).toContain('unset REPLIQUE_PYTHON');
    expect(said.out).toBe('');
  });

  it('tells of a configuration that can’t be read, before anything is made', async () => {
    vi.stubEnv('REPLIQUE_PROVIDER', 'nobody');
    expect(await replique('setup')).toBe(1);
    expect(said.err).toContain('The configuration');
  });
});

describe('audit', () => {
  it('lists what a notebook ran, finds that nothing was changed, and then what was', async () => {
    await replique('run', notebook('What is six times seven?'));
    said.out = '';
    expect(await replique('audit', 'show')).toBe(0);
    expect(said.out).toMatch(/run-start +run=1 {2}cell=1 {2}origin=helper/);
    expect(said.out).not.toContain('print(6');
    said.out = '';
    expect([await replique('audit', 'verify'), said.out]).toEqual([0, expect.any(String)]);
    expect(said.out).toMatch(/✓ .* intact, \d+ events in 1 file\n1 session in .*, nothing changed\.\n/);
    const name = readdirSync(join(directory, 'audit')).find((file) => file.endsWith('.1.jsonl'))!;
    const file = join(directory, 'audit', name);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"origin":"helper"', '"origin":"kernel"'));
    said.out = '';
    expect(await replique('audit', 'verify', file)).toBe(1);
    expect(said.out).toMatch(/✗ .* broken, .*\n +File 1, line \d+ was changed\./);
    said.out = '';
    expect(await replique('audit', 'show', '--json')).toBe(1);
    expect(said.err).toContain('audit verify');
    const [first] = said.out.split('\n');
    expect(JSON.parse(first!)).toMatchObject({ __schema__: 'urn:replique:audit:session-start' });
  });

  it('says what is wrong with a question about it, and what mends it', async () => {
    expect(await replique('audit', 'show')).toBe(0);
    expect(await replique('audit', 'verify')).toBe(0);
    expect(said.out).toContain('There is no record in');
    expect(await replique('audit', 'show', '--session', 'none-such')).toBe(1);
    expect(said.err).toContain('There is no session none-such');
    expect(await replique('audit', 'verify', join(directory, 'script.json'))).toBe(1);
    expect(said.err).toContain('is not a file of the audit');
  });
});
