import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSession } from '../../kernel/library.ts';
import { helper } from '../support/jupyter.ts';

const root = join(import.meta.dirname, '..', '..');
let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'replique-library-')));
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'data', 'notes.txt'), 'one\ntwo\nthree\n');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function script(...texts: readonly string[]): string {
  const file = join(directory, 'script.json');
  writeFileSync(file, JSON.stringify({ replies: texts.map((text) => ({ text })) }));
  return file;
}

it('does what its example in the documentation says', () => {
  const page = readFileSync(join(root, 'docs', 'library.md'), 'utf8');
  const [, program = ''] = /```js\n([^]*?)```/.exec(page) ?? [];
  const [, output = ''] = /```text\n([^]*?)```/.exec(page) ?? [];
  const library = JSON.stringify(join(root, 'dist', 'library.js'));
  writeFileSync(join(directory, 'example.mjs'), program.replace("'replique'", library));
  const mockScript = script(
    'I count them.\n<helpers lang="python">\nprint(len(open("notes.txt").readlines()))\n</helpers>',
    'notes.txt has 3 lines.',
  );
  const env = { ...process.env, REPLIQUE_PROVIDER: 'mock', REPLIQUE_MOCK_SCRIPT: mockScript };
  const options = { cwd: directory, env, encoding: 'utf8' } as const;
  expect(execFileSync(process.execPath, ['example.mjs'], options)).toBe(output);
});

it('gives each step, the events and a summary; memory stays; the sandbox holds', async () => {
  const mockScript = script(
    helper('x = 5'),
    'Set.',
    helper('print(x)\nopen(chr(47) + "etc/hostname", "w")'),
    'No.',
    'No.',
    'No.',
  );
  const auditDir = join(directory, 'audit');
  const session = await openSession({
    workspace: join(directory, 'data'),
    config: { provider: 'mock', mockScript, auditDir },
  });
  try {
    const { manager } = session;
    const events: string[] = [];
    const steps = manager.processWithContinuation('Set x.', { emit: ({ type }) => events.push(type) });
    const types: string[] = [];
    let next = await steps.next();
    for (; next.done !== true; next = await steps.next()) types.push(next.value.type);
    expect(types).toEqual(['LLM_RESPONSE', 'TOOL_EXECUTION', 'LLM_RESPONSE', 'FINAL_ANSWER']);
    expect(next.value).toMatchObject({ stop: 'final', helpers: 1 });
    expect(events.at(-1)).toBe('stop');
    const contents: string[] = [];
    for await (const { content } of manager.processWithContinuation('And then?')) contents.push(content);
    expect(contents.join('\n')).toMatch(/5\n[^]*(?:Read-only|Permission)/);
    const { result } = await manager.executeHelperBlock('x + 1', 'python');
    expect(result.status).toBe('ok');
  } finally {
    await session.close();
  }
});

it('says what is wrong where no model or no workspace can be had, and leaves nothing open', async () => {
  const config = { provider: 'groq', auditDir: join(directory, 'audit') } as const;
  const session = openSession({ workspace: join(directory, 'data'), config });
  await expect(session).rejects.toThrow(/GROQ_API_KEY|key/i);
  await expect(openSession({ workspace: join(directory, 'nowhere') })).rejects.toThrow(/nowhere/);
});
