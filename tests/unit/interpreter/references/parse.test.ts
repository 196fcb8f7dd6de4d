import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referencesIn, type Reference } from '../../../../kernel/interpreter/references/parse.ts';

const seed = Number(process.env['REPLIQUE_SEED'] ?? 20261130);

/** `kind written`, with `?` for what may be only a word. */
const shown = (reference: Reference): string => {
  const unsure = 'isSure' in reference && !reference.isSure ? '?' : '';
  const target =
    reference.kind === 'variable'
      ? reference.path.join('.')
      : reference.kind === 'file'
        ? reference.path
        : `${reference.part} ${reference.number}`;
  return `${reference.kind}${unsure} ${target}`;
};
const found = (prompt: string): readonly string[] => referencesIn(prompt).map(shown);

describe('the references of a prompt', () => {
  it.each<[string, readonly string[]]>([
    ['Plot `df` and `df.amount`.', ['variable? df', 'variable? df.amount']],
    ['Plot {df}, {df.amount}; ({ü_1})', ['variable df', 'variable df.amount', 'variable ü_1']],
    ['`df` and {df} are one, said for sure', ['variable df']],
    ['{Out[3]}, {In[12]}, {Out[-1]}, {_}', ['cell out 3', 'cell in 12', 'cell out -1']],
    ['Sum @readings.csv.', ['file readings.csv']],
    ['(@a/b-c_d.txt), @"my file.csv", @\'x y\'', ['file a/b-c_d.txt', 'file my file.csv', 'file x y']],
    [
      '@data/ @./x @../y @/etc/passwd @~/z',
      ['file data/', 'file ./x', 'file ../y', 'file /etc/passwd', 'file ~/z'],
    ],
    ['@Makefile @daten_ä.csv…', ['file? Makefile', 'file daten_ä.csv']],
    ['- **{df}** or _see_ “@a.csv”', ['variable df', 'file a.csv']],
  ])('%j', (prompt, references) => {
    expect(found(prompt)).toEqual(references);
  });

  it.each([
    '`pip install x` `a-b` `f(x)` `df["a"]` ``df`` `` `df` `` \\`df` `_` `` ` ``',
    'a@b.org, mail: me@data.csv x@y, @user@host.org, @app.route("/x"), @ @. @... a @ b',
    '{ df } {} {a b} {"a": 1} ${HOME} f{x} x^{n} \\frac{a}{b} _{i} {{df}} /users/{id}/posts {id}.json {n}_{m} {3}',
    'print(f"{df} is {x}") and "{} {df}".format(x)',
    '{Out[]} {Out[a]} {Out[01]} {Out[1234567]} {Out [1]} {Out[1][2]}',
    '```python\nprint(`df`, {df}, "@a.csv")\n```',
    '~~~\n{df}\n```\n{df}',
    'An open fence\n````\n```\n@a.csv\n````x\n{df}',
    '`{df} @a.csv`',
  ])('%j has none', (prompt) => {
    expect(found(prompt)).toEqual([]);
  });

  it('go on after a fence, and are not hidden by one backtick', () => {
    expect(found("```\n{a}\n```\nIt's 5` long: {b} and @c.csv")).toEqual(['variable b', 'file c.csv']);
    expect(found('```inline``` {a}')).toEqual(['variable a']);
  });

  it('are none in a text without the marks', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(referencesIn(text.replaceAll(/[`{@]/g, ''))).toEqual([]);
      }),
      { seed, numRuns: 500 },
    );
  });

  it('stand in the prompt as they are written, each once', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '`',
        '{',
        '}',
        '@',
        '"',
        ' ',
        '\n',
        '.',
        '/',
        '[',
        ']',
        '`df`',
        '{df}',
        '@a.csv',
        '{Out[1]}',
        '```\n',
        '~~~\n',
      ),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const prompt = pieces.join('');
        const references = referencesIn(prompt);
        for (const { written } of references) expect(prompt).toContain(written);
        const keys = references.map((reference) => shown(reference).replace('?', ''));
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { seed, numRuns: 3000 },
    );
  });

  it.each([
    ['`'],
    ['{'],
    ['@'],
    ['{a.'],
    ['`a.'],
    ['@"'],
    ['@a'],
    ['``` `'],
    ['```\n'],
    ['{`@'],
    ['@"a'],
    ['{Out['],
    ['a`'],
    ['` `` ``` '],
    ['`a`'],
    ['@a.csv '],
    ['{a} '],
    ['\\`'],
    ['@a@'],
    ['~~~\n'],
    [' `'],
  ])('take steps in proportion to the length: %j a million times over', (piece) => {
    // One that took the square of it would not end within a test's time.
    const prompt = piece.repeat(Math.ceil(1_000_000 / piece.length));
    expect(referencesIn(prompt).length).toBeLessThanOrEqual(1);
    const numbered = Array.from({ length: 20_000 }, (_, i) => `${piece}${i}`).join('');
    expect(referencesIn(numbered).length).toBeLessThanOrEqual(20_000);
  });
});
