import { afterEach, expect, it } from 'vitest';
import { helper } from '../support/jupyter.ts';
import { KernelUnderTest } from '../support/kernels.ts';

let open: KernelUnderTest | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});

it('a helper that dies while it asks keeps the next one in its cell from nothing', async () => {
  const dies = 'import os, threading\nthreading.Timer(0.2, lambda: os._exit(3)).start()\ninput("one?")';
  open = await KernelUnderTest.start({
    replies: [
      { text: helper(dies) },
      { text: helper('print(input("two?") + "!")'), match: '<result status="died">' },
      { text: 'Done.', match: 'Ada!' },
    ],
  });
  const cell = open.client.execute('Ask.', { allow_stdin: true });
  const two = await open.client.message(({ message }) => message.content['prompt'] === 'two?');
  open.client.send('input_reply', { value: 'Ada' }, 'stdin', two.header);
  expect((await open.finished(cell)).text).toContain('Done.');
});
