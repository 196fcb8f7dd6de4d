import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { python, TimelineKernel } from '../../support/timeline-kernel.ts';

let open: TimelineKernel | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});

async function start(...replies: readonly string[]): Promise<TimelineKernel> {
  open = await TimelineKernel.start(replies);
  return open;
}

describe('running a prompt cell again', () => {
  it('goes back with memory, files and conversation, and says where the rest is', async () => {
    const kernel = await start(
      ...[python('x = [1]'), 'One.'],
      ...[python('x.append(2); n = open("data.csv", "w").write("a")'), 'Two.'],
      ...[python('x.append(3)\nprint(x)'), 'Three.'],
      'What was said?',
    );
    await kernel.cell('c1', 'Make x.');
    await kernel.cell('c2', 'Append 2 and write data.');
    expect(kernel.file('data.csv')).toBe('a');
    const again = await kernel.cell('c2', 'Append 3.');
    expect(again.reply).toMatchObject({ status: 'ok', execution_count: 3 });
    expect(again.text).toContain(
      'Rewound to before [2]: 1 cell and data.csv are left behind on branch `left-1`; `%checkout left-1` returns.',
    );
    expect(again.text).toContain('[1, 3]');
    expect(kernel.file('data.csv')).toBeUndefined();
    expect((await kernel.run('%checkout left-1')).text).toContain(
      'On branch `left-1`, after [2], 1 file changed.',
    );
    expect(kernel.file('data.csv')).toBe('a');
    expect(await kernel.value('x')).toBe('[1, 2]');
    await kernel.run('%checkout main');
    expect(await kernel.value('x')).toBe('[1, 3]');
    expect(kernel.file('data.csv')).toBeUndefined();
    const diff = (await kernel.run('%diff left-1 main')).text;
    expect(diff).toMatch(/- you: Append 2 and write data\.[^]*\+ you: Append 3\.[^]*- data\.csv/);
    expect(diff).toContain('- model: x.append(2); n = open("data.csv", "w").write("a")\n');
    expect(diff).toContain(
      '+ model:\n+     x.append(3)\n+     print(x)\n+ result: [1, 3]\n+ model: Three.\n',
    );
  });

  it('goes on with a file that is open across it as it was then', async () => {
    const kernel = await start(
      ...[python('log = open("log.txt", "a"); n = log.write("one "); log.flush()'), 'Open.'],
      ...[python('n = log.write("two "); log.flush()'), 'Two.'],
      ...[python('n = log.write("three "); log.flush()'), 'Three.'],
    );
    await kernel.cell('c1', 'Open a log.');
    await kernel.cell('c2', 'Log two.');
    expect(kernel.file('log.txt')).toBe('one two ');
    await kernel.cell('c2', 'Log three.');
    expect(kernel.file('log.txt')).toBe('one three ');
  });

  it('keeps and names a file that someone else has changed since', async () => {
    const kernel = await start(
      ...[python('n = open("notes.txt", "w").write("model")'), 'Written.'],
      'Again.',
    );
    await kernel.cell('c1', 'Write notes.');
    await kernel.cell('c0', '%%python\n1');
    await expect.poll(async () => (await kernel.run('%branches')).text).toMatch(/● \[2\]/);
    writeFileSync(kernel.path('notes.txt'), 'mine, and longer');
    const again = await kernel.cell('c1', 'Write nothing.');
    expect(again.text).toMatch(/Left as it is: notes\.txt \(/);
    expect(kernel.file('notes.txt')).toBe('mine, and longer');
  });

  it('that had failed without a trace says nothing of it', async () => {
    open = await TimelineKernel.start([], {
      replies: [{ error: { status: 400, message: 'no' } }, { text: 'Yes.' }],
    });
    expect((await open.cell('c1', 'Well?')).reply['status']).toBe('error');
    const again = await open.cell('c1', 'Well?');
    expect(again.reply['status']).toBe('ok');
    expect(again.text).not.toContain('Rewound');
    expect((await open.run('%branches')).text).not.toContain('left-');
  });

  it('asks first where it would take an earlier cell back that was changed and run again', async () => {
    const kernel = await start('One.', 'Two.');
    await kernel.cell('c1', '%%python\nx = 1');
    await kernel.cell('c2', 'Say one.');
    await kernel.cell('c1', '%%python\nx = 2');
    const again = await kernel.cell('c2', 'Say two.');
    expect(again.text).not.toContain('Rewound');
    expect(await kernel.value('x')).toBe('2');
  });
});

describe('code cells', () => {
  it('run again as in Jupyter, until %rewind auto all', async () => {
    const kernel = await start();
    await kernel.cell('c1', '%%python\nx = 1');
    await kernel.cell('c2', '%%python\nx += 1');
    await kernel.cell('c2', '%%python\nx += 1');
    expect(await kernel.value('x')).toBe('3');
    expect((await kernel.run('%rewind auto all')).text).toContain('running a code cell again goes back');
    const again = await kernel.cell('c2', '%%python\nx += 10');
    expect(again.text).toContain('Rewound to before [2]: 2 cells are left behind');
    expect(await kernel.value('x')).toBe('11');
    expect((await kernel.run('%rewind auto')).text).toContain(
      'running a code cell again goes back to nothing',
    );
  });
});

describe('%rewind ask', () => {
  it('asks the person, and goes back on a yes only', async () => {
    const kernel = await start('One.', 'Two.', 'Three.');
    await kernel.run('%rewind ask');
    await kernel.cell('c1', 'Hello?');
    const answer = async (value: string): Promise<string> => {
      const known = kernel.under.client.received.length;
      const id = kernel.send('c1', 'Hello?', {}, { allow_stdin: true });
      const asked = await kernel.under.client.message(
        (received) =>
          received.message.header.msg_type === 'input_request' &&
          kernel.under.client.received.indexOf(received) >= known,
      );
      expect(asked.content['prompt']).toContain('has run before. Go back to before it?');
      kernel.under.client.send('input_reply', { value }, 'stdin', asked.header);
      return (await kernel.under.finished(id)).text;
    };
    expect(await answer('n')).not.toContain('Rewound');
    expect(await answer('y')).toContain('Rewound to before [2]: 2 cells are left behind');
  });

  it('is off where nobody can be asked', async () => {
    const kernel = await start('One.', 'Two.');
    await kernel.run('%rewind ask');
    await kernel.cell('c1', 'Hello?');
    expect((await kernel.cell('c1', 'Hello?')).text).not.toContain('Rewound');
  });
});

describe('an id that two cells share', () => {
  it('goes back to nothing, and says so once', async () => {
    const kernel = await start(
      ...[python('import time; time.sleep(0.3); x = 1'), 'One.'],
      ...[python('x += 1'), 'Two.', 'Three.'],
    );
    const first = kernel.send('c1', 'Make x.');
    const second = kernel.send('c1', 'Add one.');
    await kernel.under.finished(first);
    expect((await kernel.under.finished(second)).text).toContain('stands for more than one cell');
    expect(await kernel.value('x')).toBe('2');
    expect((await kernel.cell('c1', 'Make x.')).text).not.toMatch(/Rewound|more than one/);
  });

  it('is found when two sources take turns', async () => {
    const kernel = await start('1.', '2.', '3.', '4.');
    for (const source of ['A?', 'B?', 'A?']) await kernel.cell('c1', source);
    expect((await kernel.cell('c1', 'B?')).text).toContain('stands for more than one cell');
  });
});

describe('going back by hand', () => {
  it('%undo takes the last cell back, %rewind N that cell and what follows', async () => {
    const kernel = await start();
    for (const n of [1, 2, 3]) await kernel.run(`%%python\nx = ${n}\nn = open('f', 'w').write('${n}')`);
    expect((await kernel.run('%undo')).text).toContain(
      'Rewound to before [3]: 1 cell and f are left behind on branch `left-1`',
    );
    expect([await kernel.value('x'), kernel.file('f')]).toEqual(['2', '2']);
    expect((await kernel.run('%rewind 1')).text).toContain('left-1');
    expect([await kernel.value('x'), kernel.file('f')]).toEqual(['NameError', undefined]);
    expect((await kernel.run('%undo')).reply).toMatchObject({ ename: 'NothingToUndo' });
    expect((await kernel.run('%rewind 7')).reply).toMatchObject({ ename: 'NothingToRewind' });
    expect((await kernel.run('%rewind fast')).reply).toMatchObject({ ename: 'InvalidRewind' });
    await kernel.run('%checkout left-1');
    expect([await kernel.value('x'), kernel.file('f')]).toEqual(['3', '3']);
  });

  it('has the memory of a cell that ran after going back, without running code again', async () => {
    const kernel = await start('One.', 'Two.');
    await kernel.run('%%python\nx = 1');
    await kernel.run('Say one.');
    await kernel.run('%undo');
    await kernel.run('%%python\nx += 1');
    await kernel.run('Say two.');
    const { text } = await kernel.run('%undo');
    expect(text).toContain('Rewound to before [5]: 1 cell is left behind');
    expect(text).not.toContain('rebuilt');
    expect(await kernel.value('x')).toBe('2');
  });

  it('branches have names, and are completed', async () => {
    const kernel = await start();
    await kernel.run('%%python\nx = 1');
    expect((await kernel.run('%branch idea')).text).toContain('On branch `idea`');
    await kernel.run('%%python\nx = 2');
    expect((await kernel.run('%branch idea')).reply).toMatchObject({ ename: 'InvalidBranch' });
    await kernel.run('%checkout main');
    expect(await kernel.value('x')).toBe('1');
    const completed = await kernel.under.client.ask('complete_request', {
      code: '%checkout i',
      cursor_pos: 11,
    });
    expect(completed.content['matches']).toContain('idea');
    expect((await kernel.run('%diff idea')).text).toMatch(/- x: 2\n\+ x: 1/);
    const drawn = await kernel.run('%branches');
    expect(drawn.text).toMatch(/\[1\] %%python x = 1.*← main, you are here[^]*\[3\] %%python x = 2.*← idea/);
    expect(JSON.stringify(drawn.outputs)).toContain('image/svg+xml');
    expect((await kernel.run('%checkout nowhere')).reply).toMatchObject({ ename: 'NoCheckout' });
  });
});

describe('a deleted cell', () => {
  it('is forgotten by the model, without a word, and marked in the tree', async () => {
    const kernel = await start('Pink.', 'What?', 'Fine.');
    await kernel.cell('c1', 'My secret colour is pink.');
    await kernel.cell('c2', 'Keep that.');
    const last = await kernel.cell('c3', 'Which colour?', { deletedCells: ['c1'] });
    expect(last.text).not.toContain('forg');
    const { text } = await kernel.run('%branches');
    expect(text).toMatch(/\[1\].*deleted/);
    const use = (await kernel.run('%diff 1 3')).text;
    expect(use).toMatch(/- you: My secret[^]*\+ you: Keep that/);
  });
});
