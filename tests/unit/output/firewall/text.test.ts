import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showInvisible, showInvisibleInCode } from '../../../../kernel/output/firewall/invisible.ts';
import { createRedactor } from '../../../../kernel/output/firewall/redact.ts';
import { StreamFilter } from '../../../../kernel/output/firewall/stream.ts';
import {
  TerminalFilter,
  filterTerminal,
  stripTerminal,
} from '../../../../kernel/output/firewall/terminal.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);
console.log(`output text seed ${seed}`);

describe('terminal controls', () => {
  it.each([
    ['colours', '\u001b[1;31mred\u001b[0m', '\u001b[1;31mred\u001b[0m'],
    ['true colours', '\u001b[38:2::1:2:3mx\u001b[m', '\u001b[38:2::1:2:3mx\u001b[m'],
    ['colours begun by C1', '\u009b31mx', '\u001b[31mx'],
    ['line and tab controls', 'a\tb\r\nc\rd\be', 'a\tb\r\nc\rd\be'],
    ['a title', 'a\u001b]0;title\u0007b', 'ab'],
    ['a title ended by ST', 'a\u001b]0;title\u001b\\b', 'ab'],
    ['a title ended by C1 ST', 'a\u009d0;title\u009cb', 'ab'],
    ['a hyperlink', '\u001b]8;;http://evil.test\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['the clipboard', '\u001b]52;c;ZXZpbA==\u0007x', 'x'],
    ['cursor movement', 'a\u001b[2J\u001b[1;1H\u001b[Kb', 'ab'],
    ['private modes', '\u001b[?1049h\u001b[?25lx\u001b[>4;1mx', 'xx'],
    ['intermediates', '\u001b[1 qx\u001b(Bx\u001b#8x', 'xxx'],
    [
      'device control and its kin',
      '\u001bPq#0\u001b\\a\u001b_x\u001b\\b\u001b^x\u001b\\c\u001bXx\u001b\\d',
      'abcd',
    ],
    ['a string within which another begins', '\u001b]0;a\u001b]0;b\u0007x', 'x'],
    ['C0 and C1', '\u0000\u0001\u0007\u000b\u000c\u000e\u007f\u0080\u0085x', 'x'],
    ['full reset', '\u001bcx', 'x'],
    ['escape twice', '\u001b\u001b[31mx', '\u001b[31mx'],
    ['a sequence cut by a line end', '\u001b[31\nm', '\nm'],
    ['a title that never ends', '\u001b]0;all of this line\nthe next', '\nthe next'],
    ['a cancelled string', '\u001b]0;a\u0018b', 'b'],
    ['an escape before a letter of another script', '\u001bж', 'ж'],
  ])('%s', (_what, input, shown) => {
    expect(filterTerminal(input)).toBe(shown);
  });

  it('stop hiding what pretends to be a sequence without end', () => {
    expect(filterTerminal(`\u001b]0;${'x'.repeat(10_000)}`).length).toBeGreaterThan(5000);
    expect(filterTerminal(`\u001b[${'1'.repeat(10_000)}m`).length).toBeGreaterThan(5000);
    expect(filterTerminal(`\u001b${'('.repeat(10_000)}`).length).toBeGreaterThan(5000);
  });

  it('are the same however the text is cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\u001b',
        '\u001b[',
        '\u001b]',
        '\u001bP',
        '\u0007',
        '\u001b\\',
        '\u009b',
        '\u009c',
        '31',
        ';',
        'm',
      ),
      fc.constantFrom('H', '\n', 'text', '\u001b[0m', '?', ' ', '(', '\u0018', '😀'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(40)), (pieces, cuts) => {
        const text = pieces.join('');
        const filter = new TerminalFilter();
        let at = 0;
        let out = '';
        for (const cut of cuts) {
          out += filter.push(text.slice(at, at + cut));
          at += cut;
        }
        out += filter.push(text.slice(at));
        expect(out).toBe(filterTerminal(text));
        expect(out.replaceAll(/\u001b\[[0-9;:]*m/g, '')).not.toMatch(
          /[\u0000-\u0007\u000b\u000c\u000e-\u001f\u007f-\u009f]/,
        );
      }),
      { seed, numRuns: 2000 },
    );
  });

  it('all go where no colour is wanted', () => {
    expect(stripTerminal('\u001b[31ma\u001b[0m\r\nb\rc\bd')).toBe('a\nb\ncd');
  });
});

describe('what can not be seen', () => {
  it('is shown in prose where it changes how it reads', () => {
    expect(showInvisible('a\u202eb\u2066c\u{e0041}')).toBe('a⟦U+202E⟧b⟦U+2066⟧c⟦U+E0041⟧');
  });

  it('stays in prose where languages and emoji need it', () => {
    const text =
      'نص\u200f می\u200cخواهم 👩\u200d💻 ❤\ufe0f 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}';
    expect(showInvisible(text)).toBe(text);
  });

  it('is all shown in code, but for emoji', () => {
    expect(showInvisibleInCode('a\u200bb\ufeffc\u00add\u2028e\u{e0100}f\u200dg')).toBe(
      'a⟦U+200B⟧b⟦U+FEFF⟧c⟦U+00AD⟧d⟦U+2028⟧e⟦U+E0100⟧f⟦U+200D⟧g',
    );
    expect(showInvisibleInCode('"👩\u200d💻 ❤\ufe0f"')).toBe('"👩\u200d💻 ❤\ufe0f"');
  });
});

describe('secrets', () => {
  const secret = 'sk-a"b&c/d+e~?Ä';
  const redactor = createRedactor([secret, 'abc', '']);

  it.each([
    ['as they are', secret],
    ['in JSON', JSON.stringify({ key: secret })],
    ['in HTML', secret.replace('&', '&amp;').replace('"', '&quot;')],
    ['in a URL', encodeURIComponent(secret)],
    ['in hex', Buffer.from(secret).toString('hex')],
    ['in upper-case hex', Buffer.from(secret).toString('hex').toUpperCase()],
    ['in base64', Buffer.from(secret).toString('base64').replaceAll('=', '')],
    ['in base64url', Buffer.from(secret).toString('base64url')],
    ['in base64 of a header', Buffer.from(`user:${secret}!`).toString('base64')],
    ['in base64 of a longer text', Buffer.from(`Bearer ${secret} and more`).toString('base64')],
  ])('are removed %s', (_where, text) => {
    expect(redactor.text(`before ${text} after`)).toMatch(/^before .*\[redacted\].* after$/);
    expect(redactor.text(text)).not.toContain(text);
  });

  it('that are too short are left, since they are common words', () => {
    expect(redactor.text('abc')).toBe('abc');
  });

  it('are removed from every part of a JSON value', () => {
    expect(redactor.json({ [secret]: [{ a: secret }, 1, null] })).toEqual({
      '[redacted]': [{ a: '[redacted]' }, 1, null],
    });
    const same = { a: 1 };
    expect(createRedactor([]).json(same)).toBe(same);
  });

  it('never pass a stream, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(secret, 'sk', 's', 'text ', '\n', '😀', 'sk-a'), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 9 })),
        (pieces, cuts) => {
          const text = pieces.join('');
          const filter = new StreamFilter(redactor);
          let out = '';
          let at = 0;
          for (const cut of cuts) {
            out += filter.push(text.slice(at, at + cut));
            at += cut;
          }
          out += filter.push(text.slice(at)) + filter.end();
          expect(out).toBe(redactor.text(text));
        },
      ),
      { seed, numRuns: 2000 },
    );
  });
});

describe('a stream', () => {
  it('shows half a character as what it is, and a whole one cut in two as whole', () => {
    const filter = new StreamFilter(createRedactor([]));
    expect(filter.push('a\ud83d')).toBe('a');
    expect(filter.push('\ude00b')).toBe('😀b');
    expect(filter.push('\ud83dx')).toBe('\ufffdx');
    expect(filter.push('\ud83d')).toBe('');
    expect(filter.end()).toBe('\ufffd');
    expect(filter.end()).toBe('');
  });

  it('passes a long text with colours without growing slow', () => {
    const filter = new StreamFilter(createRedactor(['a-secret-of-some-length']));
    const line = `${'plain text '.repeat(8)}\u001b[31mred\u001b[0m\n`;
    const text = line.repeat(100_000);
    expect(filter.push(text).length).toBe(text.length);
    expect(filterTerminal('\u001b['.repeat(500_000)).length).toBe(0);
    expect(filterTerminal('\u001b]'.repeat(500_000)).length).toBeLessThan(1_000_000);
  });
});
