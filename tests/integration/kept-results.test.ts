import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { helper } from '../support/jupyter.ts';
import { KernelUnderTest } from '../support/kernels.ts';

let open: KernelUnderTest | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});

const many = 'for i in range(5000): print("number", i)';

it('what is cut for the model is in a file that the next helper can read', async () => {
  const find = `import glob
text = open(glob.glob("replique-outputs/result-*.txt")[0]).read()
print(len(text.splitlines()), "number 2500" in text)`;
  open = await KernelUnderTest.start({
    replies: [
      { text: helper(many) },
      { text: helper(find), match: 'left out[^]*all of it is in the file "replique-outputs/result-' },
      { text: 'Done.', match: '5000 True' },
    ],
  });
  expect((await open.run('Count.')).reply['status']).toBe('ok');
});

it('a link in the place of the folder is not followed', async () => {
  open = await KernelUnderTest.start({
    replies: [{ text: helper(many) }, { text: 'Done.', match: 'left out(?![^]*all of it)' }],
  });
  const elsewhere = join(open.workspace, '..', 'elsewhere');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(open.workspace, 'replique-outputs'));
  expect((await open.run('Count.')).reply['status']).toBe('ok');
  expect(readdirSync(elsewhere)).toEqual([]);
});
