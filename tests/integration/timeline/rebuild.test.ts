import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookCrashed } from '../../support/crashed-sessions.ts';
import { python, TimelineKernel } from '../../support/timeline-kernel.ts';

let sessionsDir: string;
let workspace: string;
let open: TimelineKernel | undefined;
beforeEach(() => {
  sessionsDir = mkdtempSync(join(tmpdir(), 'replique-sessions-'));
  workspace = mkdtempSync(join(tmpdir(), 'replique-workspace-'));
});
afterEach(async () => {
  await open?.end();
  open = undefined;
  for (const directory of [sessionsDir, workspace]) rmSync(directory, { recursive: true, force: true });
});

/** A kernel of the same id in the same workspace; the one before it is ended, without a word to it. */
async function start(replies: readonly string[], given = {}): Promise<TimelineKernel> {
  await open?.end();
  open = await TimelineKernel.start(replies, { kernelId: 'k1', sessionsDir, workspace, ...given });
  return open;
}

describe('memory that was not kept', () => {
  it('is rebuilt by running code again, with the files that were there then', async () => {
    const kernel = await start([]);
    const ids = [
      "import random; random.seed(1); x = [random.random()]; n = open('a', 'w').write('1')",
      "n = open('a', 'a').write('2'); x.append(open('a').read())",
      "n = open('b', 'w').write('3'); x.append(random.random()); y = 1 / 0",
      "n = open('a', 'a').write('4'); x = None",
    ].map((code, at) => kernel.send(`c${at}`, `%%python\n${code}`, {}, { stop_on_error: false }));
    for (const id of ids) await kernel.under.finished(id);
    const went = await kernel.run('%rewind 4');
    expect(went.text).toMatch(/Python’s memory was rebuilt by running [123] pieces? of code again/);
    const [first, seen, second] = JSON.parse((await kernel.value('x')).replaceAll("'", '"')) as unknown[];
    expect(seen).toBe('12');
    expect([kernel.file('a'), kernel.file('b')]).toEqual(['12', '3']);
    await kernel.run('%rewind 1');
    expect([kernel.file('a'), kernel.file('b')]).toEqual([undefined, undefined]);
    await kernel.run('%%python\nimport random; random.seed(1); again = [random.random(), random.random()]');
    expect(await kernel.value('again')).toBe(`[${String(first)}, ${String(second)}]`);
    await kernel.run('%checkout left-1');
    expect([kernel.file('a'), kernel.file('b'), await kernel.value('x')]).toEqual(['124', '3', 'None']);
  });

  it('after a process that died is that of before', async () => {
    const kernel = await start([]);
    await kernel.run('%%python\nx = 1');
    await expect.poll(async () => (await kernel.run('%branches')).text).toMatch(/● \[1\]/);
    await kernel.cell('c2', "%%python\nx = 2; n = open('f', 'w').write('2')\nimport os; os._exit(3)");
    await kernel.cell('c3', '%%python\ny = x + 10');
    expect(await kernel.value('(x, y)')).toBe('(1, 11)');
    await kernel.run('%undo');
    expect([await kernel.value('x'), await kernel.value('y')]).toEqual(['1', 'NameError']);
    expect(kernel.file('f')).toBe('2');
    await kernel.run('%checkout left-1');
    expect(await kernel.value('(x, y)')).toBe('(1, 11)');
  });

  it('is not rebuilt where the code may not run any more; one stays where one is', async () => {
    const kernel = await start(
      [python('try:\n    import pip\nexcept ImportError:\n    pass\nx = 0'), 'Done.', 'Yes.'],
      {
        config: { profile: 'data' },
      },
    );
    await kernel.cell('c1', 'Look for pip.');
    expect(await kernel.value('x')).toBe('0');
    lookCrashed(sessionsDir);
    const after = await start(['Hi.'], { config: { profile: 'strict' } });
    const said = (await after.cell('c2', 'Hello.')).text;
    expect(said).toMatch(/is not allowed now/);
    expect(said).toContain('`%checkout main` rebuilds it');
    expect(await after.value('x')).toBe('NameError');
    expect((await after.run('%checkout main')).reply['evalue']).toMatch(/is not allowed now/);
  });
});

describe('after a crash of the kernel', () => {
  it('the tree is back, and Python’s memory is rebuilt with the first cell', async () => {
    const before = await start([
      ...[python("x = [1]; n = open('f', 'w').write('1')"), 'One.'],
      ...[python("x.append(2); n = open('f', 'w').write('2')"), 'Two.'],
      ...[python('x.append(3)'), 'Three.'],
    ]);
    await before.cell('c1', 'Make x.');
    await before.cell('c2', 'Append 2.');
    await before.cell('c2', 'Append 3.');
    await before.end();
    open = undefined;
    lookCrashed(sessionsDir);
    const after = await start(['Fine.', 'Again.']);
    const first = await after.cell('c3', 'Well?');
    expect(first.text).toMatch(/Python’s memory was rebuilt by running \d pieces of code again/);
    expect([await after.value('x'), after.file('f')]).toEqual(['[1, 3]', '1']);
    await after.run('%checkout left-1');
    expect([await after.value('x'), after.file('f')]).toEqual(['[1, 2]', '2']);
    await after.run('%checkout main');
    expect((await after.cell('c3', 'Well again?')).text).toContain('Rewound to before [4]');
  });

  it('no number is given again, though the conversation was not saved with the last cells', async () => {
    const before = await start(['One.', 'Two.', 'Three.']);
    await before.cell('c1', '1?');
    await before.cell('c2', '%%python\nx = 2');
    await before.cell('c3', '%%python\nx = 3');
    await before.end();
    open = undefined;
    lookCrashed(sessionsDir);
    for (const name of readdirSync(sessionsDir).filter((each) => each.endsWith('.json'))) {
      const file = join(sessionsDir, name);
      const saved = JSON.parse(readFileSync(file, 'utf8')) as { talk: { entries: unknown[] } };
      const talk = { ...saved.talk, entries: saved.talk.entries.slice(0, 2) };
      writeFileSync(file, JSON.stringify({ ...saved, talk, executionCount: 1 }));
    }
    const after = await start(['Four.']);
    expect((await after.cell('c4', '4?')).reply['execution_count']).toBe(4);
    expect((await after.run('%branches')).text).toMatch(/\[1\] 1\?[^]*\[2\] [^]*\[3\] [^]*\[4\] 4\?/);
  });

  it('a number that both conversations have is that of the cell which ran since', async () => {
    const before = await start(['One.', 'Two.', 'Three.']);
    for (const prompt of ['1?', '2?', '3?']) await before.run(prompt);
    const after = await start(['Now.']);
    await after.run('%resume');
    expect((await after.run('And now?')).reply['execution_count']).toBe(2);
    expect((await after.run('%rewind 2')).text).toContain('Rewound to before [2]: 1 cell');
    expect((await after.run('%branches')).text).toMatch(/\[3\] 3\?/);
    expect((await after.run('%rewind 2')).text).toContain('Rewound to before [2]: 2 cells');
  });

  const secret = async (...more: [string, string, object?][]): Promise<TimelineKernel> => {
    const before = await start(['Pink.', 'Kept.', 'Fine.']);
    await before.cell('c1', 'My secret colour is pink.');
    await before.cell('c2', 'Keep that.');
    for (const [cell, code, metadata] of more) await before.cell(cell, code, metadata);
    await before.end();
    open = undefined;
    lookCrashed(sessionsDir);
    return start(['Which?', 'And now.']);
  };

  it('a cell that is deleted before the next one runs is forgotten, and marked', async () => {
    const after = await secret();
    await after.cell('c3', 'Which colour?', { deletedCells: ['c1'] });
    expect((await after.run('%branches')).text).toMatch(/\[1\].*deleted/);
    expect((await after.run('%diff 1 3')).text).toMatch(/- you: My secret[^]*\+ you: Keep that/);
    const [session = ''] = readdirSync(join(sessionsDir, 'timeline')).filter((name) =>
      readFileSync(join(sessionsDir, 'timeline', name, 'journal.jsonl'), 'utf8').includes('Which colour?'),
    );
    const journal = readFileSync(join(sessionsDir, 'timeline', session, 'journal.jsonl'), 'utf8');
    expect(journal).toMatch(/"type":"deleted","nodes":\[\d/);
  });

  it('a cell that was deleted before it stays forgotten, wherever one goes', async () => {
    const after = await secret(['c3', 'Thanks.', { deletedCells: ['c1'] }]);
    await after.cell('c4', 'Which colour?');
    await after.run('%rewind 2');
    await after.cell('c5', 'And now?');
    expect((await after.run('%diff 1 6')).text).toMatch(/- you: My secret/);
  });

  it('and with a torn last line, all before it is back', async () => {
    const before = await start(['One.', 'Two.']);
    await before.cell('c1', '1?');
    await before.cell('c2', '2?');
    await before.end();
    open = undefined;
    lookCrashed(sessionsDir);
    const [session = ''] = readdirSync(join(sessionsDir, 'timeline'));
    const file = join(sessionsDir, 'timeline', session, 'journal.jsonl');
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"type":"node","id":99,"par`);
    const after = await start(['Three.']);
    await after.cell('c3', '3?');
    expect((await after.run('%branches')).text).toMatch(/\[1\] 1\?[^]*\[2\] 2\?[^]*\[3\] 3\?/);
  });

  it('after an orderly restart it comes back with %resume', async () => {
    const before = await start([python('x = 5'), 'Five.']);
    await before.cell('c1', 'Make x.');
    before.under.client.send('shutdown_request', { restart: true }, 'control');
    await before.under.kernel.closed;
    const after = await start(['Hi.']);
    expect((await after.cell('c2', 'Hello.')).text).toContain('A fresh start');
    expect((await after.run('%branches')).text).not.toContain('Make x');
    await after.run('%resume');
    const drawn = await after.run('%branches');
    expect(drawn.text).toContain('`%checkout main` rebuilds it');
    expect(drawn.text).toMatch(/\[1\] Make x\..*← main/);
    expect(await after.value('x')).toBe('NameError');
    await after.run('%checkout main');
    expect(await after.value('x')).toBe('5');
  });

  it.each([
    ['that is not one', '{"type":"something"}\n', 'can’t be read: it does not begin as a timeline'],
    ['that is gone', undefined, undefined],
  ])('the conversation comes back without a timeline %s', async (_, journal, sentence) => {
    const before = await start(['One.']);
    await before.cell('c1', '1?');
    await before.end();
    open = undefined;
    lookCrashed(sessionsDir);
    const timelines = join(sessionsDir, 'timeline');
    const [session = ''] = readdirSync(timelines);
    if (journal === undefined) rmSync(timelines, { recursive: true });
    else writeFileSync(join(timelines, session, 'journal.jsonl'), journal);
    const after = await start(['Two.']);
    const { text } = await after.cell('c2', '2?');
    expect(text).toContain('Two.');
    if (sentence === undefined) expect(text).not.toContain('timeline');
    else expect(text).toContain(sentence);
    expect((await after.run('%branches')).text).not.toContain('1?');
  });

  it('memory of cells before it is not compared, but all else is', async () => {
    const before = await start(['One.', 'Two.']);
    await before.cell('c1', '1?');
    await before.cell('c2', '2?');
    before.under.client.send('shutdown_request', { restart: true }, 'control');
    await before.under.kernel.closed;
    const after = await start([]);
    await after.run('%resume');
    expect((await after.run('%diff 1 2')).text).toMatch(
      /\+ you: 2\?[^]*Python’s memory is not kept at both places, so it is not compared/,
    );
  });
});
