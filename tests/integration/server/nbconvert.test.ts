import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { labEnvDir } from '../../../kernel/paths.ts';
import { programFile } from '../../../server/cli/program.ts';
import { Converter, type ConverterOptions } from '../../../server/services/nbconvert/converter.ts';
import { pythonWithNbconvert } from '../../../server/services/nbconvert/installed.ts';
import { testPython } from '../../support/python.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

const dot =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A notebook with one cell of code and its output. */
const notebook = (
  languageInfo: object = { name: 'python', file_extension: '.py' },
  data: object = {},
): object => ({
  cells: [
    { cell_type: 'markdown', id: 'a', metadata: {}, source: '# A heading' },
    {
      ...{ cell_type: 'code', id: 'b', metadata: {}, execution_count: 1, source: 'open("ran", "w")' },
      outputs: [{ output_type: 'display_data', data, metadata: {} }],
    },
  ],
  ...{ metadata: { language_info: languageInfo }, nbformat: 4, nbformat_minor: 5 },
});

let server: RepliqueServer;
const file = (name: string, content: object | string): void =>
  writeFileSync(
    join(server.workspace, name),
    typeof content === 'string' ? content : JSON.stringify(content),
  );
const ask = async (path: string) => {
  const response = await server.request(`nbconvert/${path}`);
  const text = await response.text();
  return { status: response.status, text, header: (name: string) => response.headers.get(name) };
};

describe('nbconvert', { timeout: 90_000 }, () => {
  beforeAll(async () => {
    server = await RepliqueServer.start();
    mkdirSync(join(server.workspace, 'a folder'));
    file('a folder/ö.ipynb', notebook(undefined, { 'text/html': '<script>alert(1)</script>' }));
    file('image.ipynb', notebook(undefined, { 'image/png': dot }));
  });
  afterAll(() => server.close());

  it('tells the formats that there are', async () => {
    expect(await server.json('api/nbconvert')).toMatchObject({
      html: { output_mimetype: 'text/html' },
      markdown: { output_mimetype: 'text/markdown' },
    });
  });

  it('shows a page in an origin of its own, and saves it where that is wanted', async () => {
    const shown = await ask('html/a%20folder/%C3%B6.ipynb');
    expect([shown.status, shown.header('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(shown.header('content-security-policy')).toBe("frame-ancestors 'self'; sandbox allow-scripts");
    expect(shown.header('content-disposition')).toBeNull();
    expect(shown.text).toContain('<title>ö</title>');
    expect(shown.text).toContain('A heading');
    const saved = await ask('html/a%20folder/%C3%B6.ipynb?download=true');
    expect(saved.header('content-disposition')).toBe("attachment; filename*=utf-8''%C3%B6.html");
  });

  it.each([
    ['markdown', 'text/markdown', '# A heading', 'md'],
    ['script', 'text/plain', 'open("ran", "w")', 'py'],
    ['slides', 'text/html', 'reveal', 'slides.html'],
    ['notebook', 'application/json', '"cell_type"', 'ipynb'],
  ])('makes %s', async (format, type, text, extension) => {
    const { header, ...made } = await ask(`${format}/a%20folder/%C3%B6.ipynb?download=1`);
    expect(made).toMatchObject({ status: 200, text: expect.stringContaining(text) as string });
    expect(header('content-type')).toBe(`${type}; charset=utf-8`);
    expect(header('content-disposition')).toContain(`%C3%B6.${extension}`);
  });

  it('puts several files into one', async () => {
    const { status, header, text } = await ask('markdown/image.ipynb');
    expect([status, header('content-type')]).toEqual([200, 'application/zip']);
    expect(header('content-disposition')).toContain('image.zip');
    expect(text.startsWith('PK')).toBe(true);
  });

  it.each([
    ['html/..%2F..%2Fetc%2Fpasswd', 404, /./],
    ['html/.hidden.ipynb', 404, /./],
    ['html/nothing.ipynb', 404, /does not exist/],
    ['html/text.txt', 400, /not a notebook/],
    ['html/bad.ipynb', 400, /./],
    ['pdf/image.ipynb', 404, /only to html, markdown/],
    ['__proto__/image.ipynb', 404, /only to html/],
  ])('refuses %s', async (path, status, sentence) => {
    file('text.txt', 'text');
    file('bad.ipynb', '{"cells":');
    file('.hidden.ipynb', notebook());
    const refused = await ask(path);
    expect([path, refused.status]).toEqual([path, status]);
    expect((JSON.parse(refused.text) as { message: string }).message).toMatch(sentence);
  });

  it('asks for a login first', async () => {
    const { status, headers } = await fetch(`${server.url}nbconvert/html/image.ipynb`, {
      redirect: 'manual',
    });
    expect([status, headers.get('location')]).toEqual([302, expect.stringContaining('/login?next=')]);
  });

  it('runs neither cells nor what a notebook, its folder or its user’s settings bring along', async () => {
    for (const folder of ['lab', 'templates/lab', 'nbconvert/templates/lab']) {
      mkdirSync(join(server.workspace, folder), { recursive: true });
      file(`${folder}/index.html.j2`, 'from the folder');
      file(`${folder}/conf.json`, '{}');
    }
    const run = `open(${JSON.stringify(join(server.workspace, 'ran'))}, "w")`;
    for (const name of ['jupyter_nbconvert_config.py', 'jupyter_config.py', 'nbconvert.py', 'evil.py']) {
      file(name, run);
      writeFileSync(join(server.top, 'config', name), run);
    }
    for (const nbconvert_exporter of ['pdf', 'evil.Exporter']) {
      file(
        'hostile.ipynb',
        notebook({ name: 'x', nbconvert_exporter, mimetype: 'text/html\r\nx: y', file_extension: './../x' }),
      );
      const made = await ask('script/hostile.ipynb?download=1');
      expect([nbconvert_exporter, made.status, made.header('content-type')], made.text).toEqual([
        ...[nbconvert_exporter, 200, 'text/plain; charset=utf-8'],
      ]);
      expect(made.header('content-disposition')).toContain('hostile.txt');
    }
    expect((await ask('html/hostile.ipynb')).text).not.toContain('from the folder');
    expect(readdirSync(server.workspace)).not.toContain('ran');
  });

  it('says that there is none', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'rnb-'));
    vi.stubEnv('REPLIQUE_TEST_PYTHON', testPython());
    vi.stubEnv('XDG_DATA_HOME', empty);
    vi.stubEnv('PATH', empty);
    const bare = await RepliqueServer.start();
    try {
      expect(await bare.json('api/nbconvert')).toEqual({});
      const response = await bare.request('nbconvert/html/x.ipynb');
      expect([response.status, await response.text()]).toEqual([
        404,
        expect.stringContaining('There is no nbconvert here. `replique lab` brings one') as string,
      ]);
    } finally {
      await bare.close();
      rmSync(empty, { recursive: true });
    }
  });
});

describe('a conversion', { timeout: 60_000 }, () => {
  const python = (): string => pythonWithNbconvert(labEnvDir()) ?? '';
  const convert = (limits: NonNullable<ConverterOptions['limits']>, signal = new AbortController().signal) =>
    new Converter({ python: python(), program: programFile('convert.py'), limits }).convert(
      { format: 'html', name: 'x', notebook: JSON.stringify(notebook()) },
      signal,
    );

  it.each([
    [{ milliseconds: 1 }, 400, /more than 0.001 s/],
    [{ output: 100 }, 400, /what comes of it/],
    [{ input: 100 }, 413, /not converted/],
    [{ atOnce: 0 }, 503, /Try again/],
    [{ memory: 2 ** 26 }, 400, /can’t be converted/],
  ])('keeps to %o', async (limits, status, message) => {
    await expect(convert(limits)).rejects.toMatchObject({
      status,
      message: expect.stringMatching(message) as string,
    });
  });

  it('ends when nobody waits for it any more, and leaves nothing', async () => {
    const gone = new AbortController();
    const own = mkdtempSync(join(tmpdir(), 'rnb-'));
    vi.stubEnv('TMPDIR', own);
    const running = convert({}, gone.signal);
    const ended = expect(running).rejects.toMatchObject({ status: 400 });
    await expect.poll(() => readdirSync(own).length).toBe(1);
    gone.abort();
    await ended;
    expect(readdirSync(own)).toEqual([]);
    vi.stubEnv('TMPDIR', undefined);
    rmSync(own, { recursive: true });
    expect(existsSync(python())).toBe(true);
  });

  it('says what is wrong with its Python', async () => {
    const broken = new Converter({ python: '/no/such/python', program: 'x' });
    await expect(
      broken.convert({ format: 'html', name: 'x', notebook: '{}' }, new AbortController().signal),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('ENOENT') as string });
  });
});
