import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { lookCrashed } from '../../support/crashed-sessions.ts';
import type { RanCell } from '../../support/kernels.ts';
import { python, TimelineKernel } from '../../support/timeline-kernel.ts';

let open: TimelineKernel | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});

async function start(replies: readonly object[], given = {}): Promise<TimelineKernel> {
  open = await TimelineKernel.start([], {
    replies: replies as Readonly<Record<string, unknown>>[],
    ...given,
  });
  return open;
}

/** A reply to the message that this is found in. */
const when = (match: string, text: string): object => ({ match, text });

/** Each branch adds its own number, and says which. */
const adding = (numbers: readonly number[]): readonly object[] => [
  ...numbers.map((n) =>
    when(
      'Add to it',
      python(`x.append(${n}); k = open('f', 'a').write('${n}'); print('now', x, open('f').read())`),
    ),
  ),
  ...numbers.map((n) => when(`now \\[0, ${n}\\] 0${n}`, `It is ${n}.`)),
];
const begin = "%%python\nx = [0]; k = open('f', 'w').write('0')";

const outputsOf = ({ outputs }: RanCell, type: string): number =>
  outputs.filter(({ header }) => header.msg_type === type).length;
const stateOf = async (kernel: TimelineKernel): Promise<readonly unknown[]> => [
  await kernel.value('x'),
  kernel.file('f'),
];

describe('%try', () => {
  it('runs a prompt in branches, each with its own conversation, memory and files', async () => {
    const kernel = await start(adding([1, 2, 3]));
    await kernel.cell('c1', begin);
    const ran = await kernel.cell('c2', '%try 3 Add to it.');
    expect(ran.reply['status']).toBe('ok');
    expect(ran.text).toMatch(/── try-1 [^]*It is 1\.[^]*── try-2 [^]*It is 2\.[^]*── try-3 [^]*It is 3\./);
    expect(ran.text).toMatch(/First calls together: ≈ [\d,]+ tokens read, at most 3,072 written\./);
    expect(ran.text).toContain(
      'You are on main, which goes on from try-1; %checkout try-2 goes on from another',
    );
    expect(await stateOf(kernel)).toEqual(['[0, 1]', '01']);
    expect(await kernel.value('Out[2]')).toBe("'It is 1.'");
    expect((await kernel.run('%branches')).text).toMatch(/← try-2\n.*← try-3\n.*← main, try-1, you are here/);
    const went = await kernel.run('%checkout try-3');
    expect(went.text).not.toContain('rebuilt');
    expect(await stateOf(kernel)).toEqual(['[0, 3]', '03']);
    expect(await kernel.value('Out[2]')).toBe("'It is 3.'");
    const said = (await kernel.run('%diff try-2')).text;
    expect([said.includes('- model: It is 2.'), said.includes('+ model: It is 3.')]).toEqual([true, true]);
  });

  it('is compared by answer, use, variables and files', async () => {
    const kernel = await start(adding([1, 2]));
    await kernel.cell('c1', begin);
    await kernel.cell('c2', '%try 2\nAdd to it.');
    const { text } = await kernel.run('%compare');
    expect(text).toMatch(
      /branch +answer +turns +tokens +cost +time\ntry-1 +It is 1\. +2 +[\d,]+ +– +\d+\.\d s\ntry-2 +It is 2\./,
    );
    expect(text).toMatch(/variable +try-1 +try-2\nx +\[0, 1\] +\[0, 2\]\n/);
    expect(text).toMatch(/file +try-1 +try-2\nf +changed, 2 bytes +changed, 2 bytes/);
    await kernel.cell('c3', "%%python\nx.append('|`<b>'); y = 1");
    const later = await kernel.run('%compare main try-1 1');
    expect(later.text).toMatch(/variable +main +try-1 +\[1\]/);
    expect(later.text).toMatch(/y +1 +– +–/);
    expect(await stateOf(kernel)).toEqual(["[0, 1, '|`<b>']", '01']);
  });

  it('run again goes back to before it, and its branches have new names', async () => {
    const kernel = await start([...adding([1, 2]), ...adding([3, 4])]);
    await kernel.cell('c1', begin);
    await kernel.cell('c2', '%try 2\nAdd to it.');
    const again = await kernel.cell('c2', '%try 2\nAdd to it.');
    expect(again.text).toContain('Rewound to before [2]');
    expect(again.text).toMatch(/── try-3 [^]*It is 3\.[^]*── try-4 [^]*It is 4\./);
    expect(await stateOf(kernel)).toEqual(['[0, 3]', '03']);
    await kernel.run('%checkout try-2');
    expect(await stateOf(kernel)).toEqual(['[0, 2]', '02']);
    await kernel.run('%undo');
    expect(await stateOf(kernel)).toEqual(['[0]', '0']);
  });

  it('with models runs the prompt once with each', async () => {
    const kernel = await start(adding([1, 2]));
    await kernel.cell('c1', begin);
    const ran = await kernel.cell('c2', '%try --models mock:llama3.2:3b,mock:org/7b*\nAdd to it.');
    expect(ran.text).toMatch(
      /── llama3\.2-3b · mock:llama3\.2:3b, temperature 0 ──[^]*── m-7b- · mock:org\/7b\*,/,
    );
    expect(ran.text).toContain('You are on main, which goes on from llama3.2-3b; %checkout m-7b- ');
    const cost = (await kernel.run('%cost')).text;
    expect([cost.includes('mock:llama3.2:3b'), cost.includes('mock:org/7b*')]).toEqual([true, true]);
  });

  it('is what %compare does with models, with the prompt behind them or below', async () => {
    const kernel = await start(adding([1]));
    await kernel.cell('c1', begin);
    const below = await kernel.cell('c2', '%compare mock:one mock:two\nAdd to it.');
    expect(below.text).toMatch(/── one · mock:one,[^]*It is 1\.[^]*── two · mock:two,[^]*It is 1\./);
    expect(below.text).toContain('You are on main, which goes on from one; %checkout two ');
    expect(await stateOf(kernel)).toEqual(['[0, 1]', '01']);
    await kernel.run('%undo');
    const behind = await kernel.cell('c3', '%compare mock:three mock:four Add to it.');
    expect(behind.text).toMatch(/── three [^]*It is 1\.[^]*── four [^]*It is 1\./);
    for (const wrong of [
      '%compare mock:a\nHi.',
      '%compare mock:a mock:a\nHi.',
      '%compare mock:a mock:b',
      '%compare :b',
    ])
      expect((await kernel.cell('c4', wrong)).reply['ename']).toMatch(/^(InvalidCompare|NothingToCompare)$/);
    const branches = await kernel.cell('c5', '%compare one two\n%cost');
    expect(branches.text).toMatch(/branch +answer/);
  });

  it('is refused where what stands behind it is wrong, and nothing has changed', async () => {
    const kernel = await start([]);
    await kernel.cell('c1', begin);
    const wrong = [
      ...['', '0', '1', '9', '99999999999999', '-2', '2.5', 'three', '--models', '--models a', '`<b>`'],
      ...[
        '--models mock:a',
        '--models mock:a,b',
        '--models mock:a,mock:a',
        '--models ,',
        '--models mock:a,,mock:b',
      ],
      `--models ${Array.from({ length: 9 }, (_, at) => `mock:${at}`).join(',')}`,
    ];
    for (const args of wrong) {
      const { reply } = await kernel.cell('c2', `%try ${args}\nAdd to it.`);
      expect([args, reply['ename']]).toEqual([args, 'InvalidTry']);
    }
    expect((await kernel.cell('c2', '%try 2')).reply['evalue']).toMatch(/nothing to try/);
    expect((await kernel.cell('c2', '%try 2\n%try 3\nHi.')).reply['ename']).toBe('TwoPromptMagics');
    const unknown = await kernel.cell('c2', '%try --models mock:a,nobody:b\nHi.');
    expect([unknown.reply['ename'], unknown.text]).toEqual([
      'ProviderError',
      expect.not.stringContaining('──'),
    ]);
    const unkept = await kernel.under.run('%try 2\nHi.', { store_history: false });
    expect(unkept.reply['ename']).toBe('NoBranches');
    expect((await kernel.under.run('%try 2\nHi.', { silent: true })).reply['status']).toBe('ok');
    expect((await kernel.run('%branches')).text).not.toContain('try');
    for (const args of ['', 'main', 'main nowhere', 'main 77', Array(9).fill('main').join(' ')])
      expect((await kernel.run(`%compare ${args}`)).reply['ename']).toBe('NothingToCompare');
    expect(await stateOf(kernel)).toEqual(['[0]', '0']);
  });

  it('is not begun where a budget has no room for all of its first calls', async () => {
    const kernel = await start(adding([1, 2, 3]));
    await kernel.cell('c1', begin);
    for (const scope of ['cell', 'session', 'day']) {
      await kernel.run(`%budget ${scope} 3000 tokens`);
      const { reply } = await kernel.cell('c2', '%try 3\nAdd to it.');
      expect(reply['evalue']).toMatch(
        /^The first calls of 3 branches may use that much: ≈ [\d,]+ tokens read/,
      );
      expect(reply['evalue']).toContain(
        scope === 'day' ? 'The budget of today' : `The budget of this ${scope}`,
      );
      await kernel.run(`%budget ${scope} off`);
    }
    expect((await kernel.run('%cost')).text).not.toContain('session');
    expect((await kernel.cell('c2', '%try 3 Add to it.')).reply['status']).toBe('ok');
  });
});

describe('branches that were tried', () => {
  it('come back after a crash of the kernel', async () => {
    const directories = ['sessions', 'workspace'].map((name) =>
      mkdtempSync(join(tmpdir(), `replique-${name}-`)),
    );
    const [sessionsDir = '', workspace = ''] = directories;
    const given = { kernelId: 'k1', sessionsDir, workspace };
    try {
      const before = await start(adding([1, 2]), given);
      await before.cell('c1', begin);
      await before.cell('c2', '%try 2\nAdd to it.');
      await before.end();
      lookCrashed(sessionsDir);
      const after = await start([when('And', 'Fine.')], given);
      await after.cell('c3', 'And now?');
      expect(await stateOf(after)).toEqual(['[0, 1]', '01']);
      await after.run('%checkout try-2');
      expect(await stateOf(after)).toEqual(['[0, 2]', '02']);
      const { text } = await after.run('%compare try-1 try-2');
      expect(text).toMatch(/try-1 +It is 1\. +2 [^]*try-2 +It is 2\. +2 /);
      await after.end();
      open = undefined;
    } finally {
      for (const directory of directories) rmSync(directory, { recursive: true, force: true });
    }
  });

  it('show nothing of a name or an answer but text', async () => {
    const evil =
      '<img src=x onerror=alert(1)> | [a](javascript:alert(1)) `x` ![i](http://evil.example/i.png)';
    const kernel = await start([when('Go', evil), when('Go', evil)]);
    const ran = await kernel.cell('c1', '%try --models mock:<script>alert(1)</script>,mock:b`*|c\nGo.');
    const shown = ran.outputs.map(({ content }) => {
      const { 'text/markdown': markdown } = (content['data'] ?? {}) as Record<string, unknown>;
      return typeof markdown === 'string' ? markdown : '';
    });
    const heads = shown.filter((text) => text.includes('####') || text.includes('| branch |'));
    expect(heads).toHaveLength(3);
    const outsideCode = heads.join('\n').replaceAll(/`[^`]*`/g, '');
    expect(outsideCode).not.toMatch(/<|javascript:|!\[|evil/);
    expect((await kernel.run('%branches')).text).toMatch(/← main, script-, you are here/);
  });
});

describe('a branch that', () => {
  it('fails leaves the others as they are; the first with an answer is gone on from', async () => {
    const [first, second, ...ends] = adding([1, 2]);
    const kernel = await start([
      { match: 'Add to it', error: { status: 400, message: 'no' } },
      first!,
      second!,
      ...ends,
    ]);
    await kernel.cell('c1', begin);
    const ran = await kernel.cell('c2', '%try 3\nAdd to it.');
    expect([ran.reply['status'], outputsOf(ran, 'error')]).toEqual(['ok', 0]);
    expect(ran.text).toMatch(/try-1 +\(no answer: ProviderError\)/);
    expect(ran.text).toContain('goes on from try-2');
    expect(await stateOf(kernel)).toEqual(['[0, 1]', '01']);
    expect((await kernel.run('%branches')).text).not.toContain('try-1');
  });

  it('fails like all others leaves one where one stood', async () => {
    const failing = { match: 'Add', error: { status: 400, message: 'no' } };
    const kernel = await start([failing, failing, when('And', 'Fine.')]);
    await kernel.cell('c1', begin);
    const ran = await kernel.cell('c2', '%try 2\nAdd to it.');
    expect([ran.reply['ename'], outputsOf(ran, 'error')]).toEqual(['NoAnswer', 1]);
    expect(ran.text).toContain('None came to an answer: you are on main, as before it.');
    expect(await stateOf(kernel)).toEqual(['[0]', '0']);
    expect((await kernel.cell('c3', 'And now?')).text).toContain('Fine.');
  });

  it('ends Python’s process is not met by the others', async () => {
    const [first, , ...ends] = adding([1, 2]);
    const kernel = await start([
      first!,
      when('Add to it', python("x.append(9); k = open('f', 'a').write('9')\nimport os; os._exit(1)")),
      when('died', 'It ended.'),
      ...ends,
    ]);
    await kernel.cell('c1', begin);
    await kernel.cell('c2', '%try 2\nAdd to it.');
    expect(await stateOf(kernel)).toEqual(['[0, 1]', '01']);
    await kernel.run('%checkout try-2');
    expect(await stateOf(kernel)).toEqual(['[0]', '09']);
    await kernel.run('%checkout main');
    expect(await stateOf(kernel)).toEqual(['[0, 1]', '01']);
  });

  it('needs much memory has others rebuilt by running their code again, to the same', async () => {
    const large = (n: number): object =>
      when('Add to it', python(`x.append(${n}); big = b'${n}' * 150_000_000; print('now', x, '0${n}')`));
    const [, , , ...ends] = adding([1, 2, 3]);
    const kernel = await start([...[1, 2, 3].map(large), ...ends], { config: { memoryMb: 512 } });
    await kernel.cell('c1', begin);
    await kernel.cell('c2', '%try 3\nAdd to it.');
    // A copy goes after the look at what all hold, which rests where it took long.
    await expect
      .poll(async () => (await kernel.run('%branches')).text, { timeout: 30_000 })
      .toMatch(/○ \[1\]/);
    for (const n of [3, 2, 1]) {
      await kernel.run(`%checkout try-${n}`);
      expect([await kernel.value('x'), await kernel.value('big[:1]')]).toEqual([`[0, ${n}]`, `b'${n}'`]);
    }
  });
});

describe('an interrupt', () => {
  it('ends all branches and leaves one where one stood; what had come to an answer is kept', async () => {
    const [first, second, ...ends] = adding([1, 2]);
    const endless = { match: 'now \\[0, 2\\]', text: 'a b c', chunk: 1, delayMs: 600_000 };
    const kernel = await start([first!, second!, endless, ends[0]!]);
    await kernel.cell('c1', begin);
    const id = kernel.send('c2', '%try 2\nAdd to it.');
    await kernel.under.client.message(({ message }) => JSON.stringify(message.content).includes('── try-2'));
    kernel.under.client.send('interrupt_request', {}, 'control');
    const ran = await kernel.under.finished(id);
    expect(ran.reply['ename']).toBe('KeyboardInterrupt');
    expect(ran.text).toContain('It was interrupted: you are on main, as before it. Kept as branches: try-1.');
    expect(await stateOf(kernel)).toEqual(['[0]', '0']);
    expect((await kernel.run('%branches')).text).not.toContain('try-2');
    await kernel.run('%checkout try-1');
    expect(await stateOf(kernel)).toEqual(['[0, 1]', '01']);
  });

  it('while a helper computes ends that, and no other begins', async () => {
    const spins = when('Add to it', python("k = open('f', 'a').write('9'); x.append(9)\nwhile True: pass"));
    const kernel = await start([spins, spins, when('Go on', 'Fine.')]);
    await kernel.cell('c1', begin);
    const id = kernel.send('c2', '%try 2\nAdd to it.');
    await expect.poll(() => kernel.file('f')).toBe('09');
    kernel.under.client.send('interrupt_request', {}, 'control');
    expect((await kernel.under.finished(id)).reply['ename']).toBe('KeyboardInterrupt');
    expect(await stateOf(kernel)).toEqual(['[0]', '0']);
    expect((await kernel.cell('c3', 'Go on.')).text).toContain('Fine.');
  });
});
