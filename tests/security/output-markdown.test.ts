import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeMarkdown } from '../../kernel/output/firewall/markdown.ts';
import { hostileMarkdown } from './output-corpus.ts';
import { firstForeign, rendered } from './output-render.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);
console.log(`output-markdown seed ${seed}`);

function expectHarmless(markdown: string): void {
  const safe = safeMarkdown(markdown);
  for (const { name, html } of rendered(safe)) {
    expect(firstForeign(html), `${name} of ${JSON.stringify(markdown)} → ${JSON.stringify(safe)}`).toBe(
      undefined,
    );
  }
}

describe('Markdown from models and helpers', () => {
  it.each(hostileMarkdown)('is harmless: %j', expectHarmless);

  it.each(hostileMarkdown)('is harmless inside lists, quotes, tables and after code: %j', (entry) => {
    for (const around of [
      `- ${entry}`,
      `> ${entry}`,
      `1. a\n\n   ${entry}`,
      `| a |\n|---|\n| ${entry} |`,
      `\`${entry}`,
      `$${entry}`,
      `[${entry}](https://ok.test)`,
      `\`\`\`\n${entry}`,
      `**${entry}**`,
      `# ${entry}`,
      `\t${entry}`,
    ]) {
      expectHarmless(around);
    }
  });

  it('is harmless whatever pieces it is made of', () => {
    const piece = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...hostileMarkdown) },
      {
        weight: 8,
        arbitrary: fc.constantFrom(
          '`',
          '``',
          '```',
          '````\n',
          '~~~',
          '\n',
          '\n\n',
          '\n```\n',
          '\n~~~\n',
          '    ',
          '- ',
          '1. ',
          '> ',
          '# ',
          '| ',
          '|---|',
          '$',
          '$$',
          '\\',
          '\\(',
          '\\[',
          '[',
          ']',
          '](',
          '][',
          ']:',
          '![',
          '!',
          '(',
          ')',
          '<',
          '>',
          '</',
          '<!--',
          '-->',
          '&lt;',
          '&#60;',
          '&amp;',
          '"',
          "'",
          '*',
          '_',
          '~',
          ' ',
          '\t',
          'a',
          'https://ok.test',
          'javascript:',
          '[x](https://ok.test)',
          '<b>',
          '<img src=x onerror=alert(1)>',
          '\r',
          '\u00a0',
          '\u2028',
          '😀',
          '===',
          '---',
        ),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => expectHarmless(pieces.join(''))),
      { seed, numRuns: 3000 },
    );
  });
});
