import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { KernelUnderTest, type RanCell } from '../../support/kernels.ts';

let open: KernelUnderTest | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});

const python = (code: string): string => `<helpers lang="python">\n${code}\n</helpers>`;

async function start(...replies: readonly string[]): Promise<KernelUnderTest> {
  open = await KernelUnderTest.start({ replies: replies.map((text) => ({ text })) });
  return open;
}

/** Runs the cell of the notebook with that id. */
function cell(kernel: KernelUnderTest, cellId: string, code: string, content = {}): Promise<RanCell> {
  return kernel.finished(kernel.client.execute(code, content, { cellId }));
}

const read = (kernel: KernelUnderTest, name: string): string | undefined => {
  const path = join(kernel.workspace, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
};

/** What Python prints. */
const value = async (kernel: KernelUnderTest, expression: string): Promise<string> =>
  (await kernel.run(`%%python\nprint(${expression})`)).text.trim();

describe('running a prompt cell again', () => {
  it('goes back with memory, files and conversation, and says where the rest is', async () => {
    const kernel = await start(
      python('x = [1]'),
      'One.',
      python('x.append(2); open("data.csv", "w").write("a")'),
      'Two.',
      python('x.append(3); print(x)'),
      'Three.',
      'Nothing but x.',
    );
    await cell(kernel, 'c1', 'Make x.');
    await cell(kernel, 'c2', 'Append 2 and write data.');
    expect(read(kernel, 'data.csv')).toBe('a');
    const again = await cell(kernel, 'c2', 'Append 3.');
    expect(again.reply['status']).toBe('ok');
    expect(again.text).toContain(
      'Rewound to before [2]: 1 cell and data.csv are left behind on branch `left-1`; `%checkout left-1` returns.',
    );
    expect(again.text).toContain('[1, 3]');
    expect(read(kernel, 'data.csv')).toBeUndefined();
    const back = await kernel.run('%checkout left-1');
    expect(back.text).toContain('On branch `left-1`');
    expect(read(kernel, 'data.csv')).toBe('a');
    expect(await value(kernel, 'x')).toBe('[1, 2]');
    await kernel.run('%checkout main');
    expect(await value(kernel, 'x')).toBe('[1, 3]');
    expect(read(kernel, 'data.csv')).toBeUndefined();
    writeFileSync(join(kernel.workspace, 'data.csv'), 'mine');
    expect((await kernel.run('%branches')).text).toContain('left-1');
  });
});
