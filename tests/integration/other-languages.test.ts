import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KernelUnderTest } from '../support/kernels.ts';
import { deno, impostor, installKernelspec } from '../support/other-kernels.ts';

/** Helper blocks of other languages in a prompt cell, on the wire, with real kernels. */

let jupyter: string;
let open: KernelUnderTest | undefined;
beforeEach(() => {
  jupyter = realpathSync(mkdtempSync(join(tmpdir(), 'jupyter-')));
  installKernelspec(jupyter, 'deno', deno);
  vi.stubEnv('JUPYTER_PATH', jupyter);
});
afterEach(async () => {
  await open?.end();
  open = undefined;
  vi.unstubAllEnvs();
  rmSync(jupyter, { recursive: true });
});

const block = (lang: string, code: string): string => `<helpers lang="${lang}">\n${code}\n</helpers>`;

describe('a helper in another language', () => {
  it('runs beside Python on the same files, by the name of the kernel or of the language', async () => {
    open = await KernelUnderTest.start({
      replies: [
        { text: block('python', 'open("n.txt", "w").write("20"); x = 1') },
        {
          text: block('TypeScript', 'let n = Number(Deno.readTextFileSync("n.txt")); console.log(n + 1)'),
          match: '<result status="ok">',
        },
        { text: block('deno', 'n * 2'), match: '^<result status="ok">\\n21\\n' },
        { text: block('python', 'print(x)'), match: '40' },
        { text: 'It is 40.', match: '1' },
      ],
    });
    const { reply, outputs, text } = await open.run('Count.');
    expect(reply['status']).toBe('ok');
    expect(text).toContain('It is 40.');
    const turns = outputs.map(({ content }) => JSON.stringify(content)).join('\n');
    expect(turns).toContain('```typescript\\nlet n');
    const audit = readAudit(open);
    expect(audit).toContain('"language":"deno"');
  });

  it('is named to the model where it is installed, and only there', async () => {
    open = await KernelUnderTest.start({
      replies: [
        { text: block('lua', 'print(1)') },
        { text: 'No.', match: 'Languages: python, bash, deno\\.' },
      ],
    });
    expect((await open.run('Count.')).reply['status']).toBe('ok');
  });

  it('is judged for what can’t be seen, like any other', async () => {
    open = await KernelUnderTest.start({
      replies: [
        { text: block('deno', 'const a = "x"; /* \u202e */ a') },
        { text: 'Refused.', match: 'invisible characters' },
      ],
    });
    expect((await open.run('Count.')).text).toContain('Refused.');
  });

  it('tells the model why its kernel does not start, and the cell goes on', async () => {
    const { argv } = impostor('sys.exit("no licence found")');
    installKernelspec(jupyter, 'matlab', { argv, display_name: 'M', language: 'matlab' });
    open = await KernelUnderTest.start({
      replies: [
        { text: block('matlab', '1') },
        { text: 'It has no licence.', match: 'KernelNotStarted[^]*no licence found' },
        { text: 'It has no licence.' },
      ],
    });
    const { reply, text } = await open.run('Count.');
    expect(reply['status']).toBe('ok');
    expect(text).toContain('It has no licence.');
  });

  it('makes room for a fourth kernel, and says so', async () => {
    for (const name of ['one', 'two', 'three']) installKernelspec(jupyter, name, { ...deno, language: name });
    const calls = ['deno', 'one', 'two', 'three', 'deno'];
    const match = ['', '', '', 'so deno was ended: its variables are gone', 'undefined1[^]*so one was ended'];
    open = await KernelUnderTest.start({
      replies: [
        ...calls.map((name, i) => ({
          text: block(name, name === 'deno' ? 'typeof kept + (globalThis.kept = 1)' : 'console.log(1)'),
          ...(i > 0 && match[i - 1] !== '' && { match: match[i - 1] }),
        })),
        { text: 'Done.', match: match[4] },
      ],
    });
    expect((await open.run('Count.')).reply['status']).toBe('ok');
  });
});

function readAudit({ auditDir }: KernelUnderTest): string {
  return readdirSync(auditDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    .join('\n');
}
