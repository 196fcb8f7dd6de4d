import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../../kernel/policy/judge.ts';
import type { Language } from '../../../kernel/policy/contract.ts';
import { bash, evasions, python } from './table.ts';

async function asksFor(code: string, language: Language): Promise<readonly string[]> {
  const judged = await judge(code, language);
  if (judged.kind === 'refused') throw new Error(judged.sentence);
  return [...new Set(judged.findings.map(({ capability }) => capability))].sort();
}

describe('what code asks for', () => {
  it.each(python)('Python: %j', async (code, expected) => {
    expect(await asksFor(code, 'python')).toEqual([...expected].sort());
  });

  it.each(bash)('bash: %j', async (code, expected) => {
    expect(await asksFor(code, 'bash')).toEqual([...expected].sort());
  });

  it.each(evasions)('is not all found, for it is no wall: %j', async (code, expected) => {
    expect(await asksFor(code, 'python')).toEqual([...expected].sort());
  });

  it('is told with its line and text', async () => {
    const judged = await judge('x = 1\n\nimport requests  # to look it up\n', 'python');
    expect(judged).toEqual({
      kind: 'judged',
      findings: [{ capability: 'network', line: 3, text: 'import requests' }],
    });
    const long = await judge(`import socket; x = "${'x'.repeat(500)}"`, 'python');
    expect(long).toMatchObject({ findings: [{ text: 'import socket' }] });
    const call = await judge(`open("/etc/x", "w", errors="${'x'.repeat(500)}")`, 'python');
    expect(JSON.stringify(call)).toMatch(/"open\(.{50,300}…"/);
    const inner = await judge('y = 2\n!ls\n!curl x', 'python');
    expect(inner).toMatchObject({ findings: [{ capability: 'network', line: 3, text: 'curl x' }] });
  });
});

describe('a block is refused unread', () => {
  it.each([
    ['x'.repeat(200_001), 'size'],
    [`x = ${'('.repeat(500)}1${')'.repeat(500)}`, 'nesting'],
    ['access = "user\u202e \u2066# admin\u2069 \u2066"', 'invisible characters'],
    ['x = 1 # \u{e0041}', 'invisible characters'],
    ['pass\u200bword = 1', 'invisible characters'],
    ['os\u00ad.system("ls")', 'invisible characters'],
  ])('%#', async (code, rule) => {
    expect(await judge(code, 'python')).toMatchObject({ kind: 'refused', rule });
  });

  it('but not for what can’t be seen in a text or a comment', async () => {
    for (const code of ['x = "a\u200db"', '# zero\u200bwidth', 'y = """\ufeff"""']) {
      expect((await judge(code, 'python')).kind).toBe('judged');
    }
  });
});

describe('whatever it is given', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
  const piece = fc.constantFrom(
    ...[
      'import ',
      'os',
      '.system',
      '(',
      ')',
      '"',
      "'",
      '\n',
      '    ',
      'def f',
      ':',
      '[',
      ']',
      '{',
      '}',
      '!',
      '%%bash\n',
      '$(',
      '`',
      '|',
      '>',
      '<<EOF\n',
      '\\',
      'é',
      '\u{1f600}',
      '#',
      'getattr(',
      ', "x"',
      '+',
      '=',
      'f"{',
      '}"',
      'lambda ',
      '/etc/x',
      'curl ',
      '-c ',
      'eval ',
    ],
  );

  it(`it answers (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 60 }),
        fc.constantFrom('python', 'bash'),
        async (pieces, language) => {
          const judged = await judge(pieces.join(''), language);
          expect(['judged', 'refused']).toContain(judged.kind);
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  it.each([
    ['many statements', 'x = f(1)\n'.repeat(20_000)],
    ['one long line', `x = [${'1, '.repeat(60_000)}]`],
    ['a long chain', `a${'.b'.repeat(60_000)}()`],
    ['a long sum of texts', `x = ${'"a" + '.repeat(20_000)}"a"`],
    ['deep blocks', Array.from({ length: 190 }, (_, n) => `${' '.repeat(n)}if x:`).join('\n')],
    ['many quotes', `'"`.repeat(50_000)],
  ])(
    'it ends soon: %s',
    async (_, code) => {
      for (const language of ['python', 'bash'] as const) expect(await judge(code, language)).toBeDefined();
    },
    30_000,
  );
});
