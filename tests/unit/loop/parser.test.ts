import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxCodeChars, normaliseCode } from '../../../kernel/loop/grammar.ts';
import { HelperParser } from '../../../kernel/loop/parser.ts';
import type { Piece } from '../../../kernel/loop/parser.ts';
import type { Malformation } from '../../../kernel/loop/teaching.ts';

type Reason = Parameters<HelperParser['end']>[0];
const seed = Number(process.env['REPLIQUE_SEED'] ?? 20261123);

function parse(chunks: readonly string[], reason: Reason = 'stop') {
  const parser = new HelperParser((lang) => lang === 'python' || lang === 'bash');
  const pieces: Piece[] = [];
  for (const chunk of chunks) pieces.push(...parser.push(chunk));
  const done = parser.done;
  const ending = parser.end(reason);
  pieces.push(...ending.pieces);
  const joined = (kind: Piece['kind']) =>
    pieces
      .filter((piece) => piece.kind === kind)
      .map(({ text }) => text)
      .join('');
  return {
    prose: joined('prose'),
    code: joined('code'),
    verdict: ending.verdict,
    putBack: ending.putBack,
    consumed: parser.consumed,
    done,
  };
}

const one = (text: string, reason: Reason = 'stop') => parse([text], reason);
const block = '<helpers lang="python">\nprint(1)\n</helpers>';
const tick = '`';
const fence = '```';

describe('a helper block', () => {
  it('is found with its attributes, and the text around it is prose', () => {
    const text = 'Look.\n<helpers title="a b" lang="bash" timeout="2.5">\nls\n</helpers>';
    expect(one(text)).toMatchObject({
      prose: 'Look.\n',
      verdict: { kind: 'helper', code: 'ls', tag: { lang: 'bash', timeoutMs: 2500, title: 'a b' } },
      done: true,
      consumed: text.length,
      putBack: '',
    });
  });

  it('ends the turn: what follows is not read', () => {
    const text = `${block}<result>1</result>${block}`;
    expect(one(text)).toMatchObject({ prose: '', consumed: block.length, verdict: { code: 'print(1)' } });
  });

  it('is Python where no language is named', () => {
    expect(one('<helpers>1</helpers>').verdict).toMatchObject({ kind: 'helper', tag: { lang: 'python' } });
  });

  it.each(['', '<', '</help', '</helpers'])('gets its closing tag back after "%s"', (held) => {
    const result = one(`<helpers>1\n${held}`);
    expect(`${held}${result.putBack}`).toBe('</helpers>');
    expect(result).toMatchObject({ verdict: { kind: 'helper', code: '1' }, code: '1\n' });
  });

  it('keeps text in its code that only looks like a tag', () => {
    const code = 'a = b <helper\nif a < 3: print("</div>", "<helpers", a<b)';
    expect(one(`<helpers>${code}</helpers>`).verdict).toMatchObject({ code });
  });

  it('is empty where the model said no more', () => {
    expect(one('<helpers lang="python">')).toMatchObject({
      verdict: { kind: 'malformed', malformation: 'empty' },
      putBack: '</helpers>',
    });
  });

  it('stands after a list marker, too', () => {
    expect(one(`1. ${block}`).verdict.kind).toBe('helper');
  });
});

describe('quoted blocks are text', () => {
  it.each([
    ['a fence', `${fence}\n${block}\n${fence}\ndone`],
    ['a fence with info', `${fence}html\n${block}\n${fence}\n`],
    ['a tilde fence', `~~~~\n${block}\n~~~\n~~~~ \n`],
    ['an indented fence in a list', `- a\n\n  ${fence}\n  ${block}\n  ${fence}\n`],
    ['a fence in a list item', `1. ${fence}\n${block}\n${fence}\n`],
    ['inline code', `Write ${tick}<helpers lang="python">${tick} and ${tick}</helpers>${tick}.`],
    ['double backticks', '``a ` <helpers> </helpers>``'],
    ['a block quote', '> <helpers>1</helpers>\nno'],
    ['a backslash', '\\<helpers>'],
    ['three backticks in a line', `${fence}<helpers></helpers>${fence} is it`],
  ])('in %s', (_name, text) => {
    expect(one(text)).toMatchObject({ prose: text, verdict: { kind: 'plain' } });
  });

  it.each([
    ['a closed fence', `${fence}\nx\n${fence}\n`],
    ['a line of inline code that never closed', `a ${tick}b\n`],
    ['inline code', `${tick}a${tick} `],
    ['a block quote', '> a\n'],
    ['one-line backticks', `${fence}a${fence} `],
    ['tildes that are no fence', '~~ '],
    ['a bullet', '* a\n- '],
  ])('but not after %s', (_name, before) => {
    expect(one(before + block)).toMatchObject({ prose: before, verdict: { kind: 'helper' } });
  });

  it('tells of the languages of its fences', () => {
    expect(one(`${fence}Python\n1\n${fence}\n${fence} {.x}\n${fence}\n`).verdict).toEqual({
      kind: 'plain',
      fences: ['python', ''],
    });
  });
});

describe('malformed', () => {
  const cases: readonly (readonly [Malformation, string, Reason?])[] = [
    ['attributes', '<helpers lang=python>1</helpers>'],
    ['attributes', '<helpers lang="python" lang="bash">1</helpers>'],
    ['attributes', '<helpers lang="python"title="x">1</helpers>'],
    ['attributes', '<helpers lang="">1</helpers>'],
    ['attributes', '<helpers timeout="0">1</helpers>'],
    ['attributes', '<helpers timeout="1e9">1</helpers>'],
    ['attributes', '<helpers onclick="x">1</helpers>'],
    ['attributes', '<helpers\tlang="python">1</helpers>'],
    ['attributes', '<helpers/>'],
    ['attributes', '<helpers lang="python"\n>1</helpers>'],
    ['attributes', `<helpers title="${'x'.repeat(1_000_000)}">`],
    ['look-alike', '<helper>1</helper>'],
    ['look-alike', '<Helpers lang="python">1</Helpers>'],
    ['look-alike', '< helpers>1'],
    ['look-alike', '</helper>'],
    ['stray-close', 'a</helpers>'],
    ['language', '<helpers lang="cobol">1</helpers>'],
    ['nested', '<helpers>a <helpers lang="python">b</helpers></helpers>'],
    ['closing', '<helpers>a\n</helper>'],
    ['closing', '<helpers>a\n</Helpers>'],
    ['closing', '<helpers>a\n</ helpers>'],
    ['empty', '<helpers lang="python">\n \n</helpers>'],
    ['oversized', `<helpers>${'x'.repeat(maxCodeChars + 1)}</helpers>`],
    ['unclosed', 'a <helpers lang="pyth'],
    ['unclosed', '<helpers>1', 'error'],
    ['cut', '<helpers>1', 'length'],
    ['quoted', `${fence}\n<helpers>\n1\n`],
    ['quoted', `${tick}<helpers>1`],
  ];

  it.each(cases.map((entry) => [entry[0], entry[1].slice(0, 60), entry] as const))(
    '%s: %s',
    (_m, _t, entry) => {
      const [malformation, text, reason] = entry;
      const result = one(text, reason);
      expect(result.verdict).toEqual({ kind: 'malformed', malformation });
      expect(result.putBack).toBe('');
    },
  );

  it.each([
    '<helpersome>',
    '<helpers-x>',
    'x < helper and y',
    'a <helper\nb',
    '<result>1</result>',
    '＜helpers＞',
  ])('not: %s', (text) => {
    expect(one(text)).toMatchObject({ prose: text, verdict: { kind: 'plain' } });
  });
});

describe('any chunking', () => {
  const token = fc.constantFrom(
    '<helpers',
    '<helpers>',
    '<helpers lang="python">',
    '</helpers>',
    ' lang="bash"',
    ' timeout="3"',
    '>',
    '<',
    '/',
    'helper',
    '<helper>',
    '</ helpers',
    '< ',
    tick,
    fence,
    '~~~',
    '\n',
    '\r\n',
    '> ',
    '- ',
    '1. ',
    '\\',
    ' ',
    'print(1)',
    'é',
    '😀',
    '<Helpers>',
    '"',
    'python',
  );
  const text = fc.oneof(
    fc.array(token, { maxLength: 30 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 60 }),
  );
  const reasons = fc.constantFrom<Reason>('stop', 'length', 'aborted', 'error');

  it('gives the same', () => {
    fc.assert(
      fc.property(text, reasons, fc.array(fc.nat(40), { maxLength: 20 }), (whole, reason, sizes) => {
        const expected = one(whole, reason);
        expect(parse(whole.split(''), reason)).toEqual(expected);
        const chunks: string[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(whole.slice(at, at + size));
          at += size;
        }
        expect(parse([...chunks, whole.slice(at)], reason)).toEqual(expected);
      }),
      { seed, numRuns: 3000 },
    );
  });

  it('loses and invents nothing: without a block the prose is the text, and the code is what was shown', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const { prose, code, verdict } = one(whole);
        if (verdict.kind === 'plain') expect(prose).toBe(whole);
        if (verdict.kind === 'helper') expect(verdict.code).toBe(normaliseCode(code));
        expect(whole.startsWith(prose)).toBe(true);
      }),
      { seed, numRuns: 2000 },
    );
  });

  it('decides an oversized block at the same character', () => {
    const whole = `<helpers>${'x'.repeat(maxCodeChars - 2)}<<<<${'y'.repeat(20)}</helpers>`;
    const expected = one(whole);
    expect(expected.verdict).toMatchObject({ malformation: 'oversized' });
    for (const size of [1, 7, 1000, 99_999]) {
      const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        whole.slice(i * size, (i + 1) * size),
      );
      expect(parse(chunks)).toEqual(expected);
    }
  });

  it('holds back only what may be a tag', () => {
    const parser = new HelperParser(() => true);
    expect(parser.push('a <help')).toEqual([{ kind: 'prose', text: 'a ' }]);
    expect(parser.push('ful')).toEqual([
      { kind: 'prose', text: '<help' },
      { kind: 'prose', text: 'ful' },
    ]);
  });

  it.each([
    ['look-alike beginnings', '<helpersx '.repeat(200_000)],
    ['open tags in quotes', `${tick}<helpers>${tick} `.repeat(100_000)],
    ['angle brackets', '<'.repeat(2_000_000)],
    ['half tags', '<helper '.repeat(200_000)],
    ['spaces', ' '.repeat(2_000_000)],
    ['backticks', tick.repeat(2_000_000)],
  ])('takes linear time on %s', (_name, whole) => {
    const chunks: string[] = [];
    for (let at = 0; at < whole.length; at += 10) chunks.push(whole.slice(at, at + 10));
    parse(chunks);
  });
});

describe('code', () => {
  it.each([
    ['\r\nprint(1)\r\n', 'print(1)'],
    ['\n\n  a\n  b\n\n', '  a\n  b'],
    ['\n```python\nprint(1)\n```\n', 'print(1)'],
    ['\n```\na\n```\nb\n```\n', '```\na\n```\nb\n```'],
    ['\nprint(1)\n```\n\nThe answer is 7.\n', 'print(1)'],
    ['\r\nprint(1)\r\n```\r\nThe answer is 7.', 'print(1)'],
    ['\n```python\nprint(1)\n```\nThe answer is 7.\n', 'print(1)'],
    ['\nx = (r"\n```\ncode\n```\n")\n', 'x = (r"\n```\ncode\n```\n")'],
    ['\nx = r"\n```text"\n', 'x = r"\n```text"'],
    ['\n```python\nprint(1)\n', 'print(1)'],
    ['x = "\u2028```"', 'x = "\u2028```"'],
    ['x', 'x'],
  ])('%j is run as %j', (raw, code) => {
    expect(normaliseCode(raw)).toBe(code);
  });
});
