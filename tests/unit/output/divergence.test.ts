import { describe, expect, it } from 'vitest';
import { mime } from '../../../kernel/output/schema.ts';
import type { Divergence } from '../../../kernel/loop/events.ts';
import { recordCell, secret } from './recorder.ts';

/** What a cell shows where it is not what the tape has of it. */
function shown(divergence: Divergence): { plain: string; markdown: string; data: unknown; about: unknown } {
  const cell = recordCell();
  cell.emit({ type: 'divergence', ...divergence });
  const content = cell.messages.find(({ content: { data } }) => mime.divergence in data)!.content;
  return {
    plain: String(content.data['text/plain']),
    markdown: String(content.data['text/markdown']),
    data: content.data[mime.divergence],
    about: content.metadata.replique,
  };
}

describe('a divergence', () => {
  it('is a sentence alone where there is nothing to compare', () => {
    const { plain, markdown, data, about } = shown({ kind: 'missing', what: 'The tape has no such cell.' });
    expect(plain).toBe('≠ The tape has no such cell.');
    expect(markdown).not.toContain('```');
    expect(data).toEqual({ version: 1, kind: 'missing', what: 'The tape has no such cell.' });
    expect(about).toMatchObject({ kind: 'divergence' });
  });

  it('shows what was recorded and what was found, line by line, with its place', () => {
    const { plain, markdown, data, about } = shown({
      ...{ kind: 'result', what: 'It printed something else.', turn: 2, helper: 1 },
      ...{ recorded: 'a\nb', found: 'a\nc' },
    });
    expect(plain).toBe('≠ It printed something else. (turn 2)\n-a\n-b\n+a\n+c');
    expect(markdown).toContain('```diff\n-a\n-b\n+a\n+c\n```');
    expect(data).toMatchObject({ turn: 2, helper: 1, recorded: 'a\nb', found: 'a\nc' });
    expect(about).toMatchObject({ kind: 'divergence', turn: 2, helper: 1 });
  });

  it('shows a diff in their place where there is one', () => {
    const { plain, data } = shown({
      ...{ kind: 'result', what: 'x', recorded: 'long', found: 'longer' },
      diff: '@@ -1 +1 @@\n-long\n+longer',
    });
    expect(plain).toBe('≠ x\n@@ -1 +1 @@\n-long\n+longer');
    expect(data).toMatchObject({ diff: '@@ -1 +1 @@\n-long\n+longer' });
  });

  it('shows one side alone', () => {
    expect(shown({ kind: 'result', what: 'x', recorded: 'only then' }).plain).toBe('≠ x\n-only then');
    expect(shown({ kind: 'result', what: 'x', found: 'only now' }).plain).toBe('≠ x\n+only now');
  });

  it('holds no secret, no control of the terminal, no text out of sight, and has a bound', () => {
    const { plain, markdown, data } = shown({
      ...{ kind: 'result', what: `key ${secret}`, recorded: `${secret}\u001b[2J\u202e` },
      found: 'x'.repeat(50_000),
    });
    const all = plain + markdown + JSON.stringify(data);
    expect(all).not.toContain(secret);
    expect(all).not.toMatch(/\u001b|\u202e/);
    expect(plain.length).toBeLessThan(21_000);
  });
});
