import { findBash } from './bash.ts';
import type { Finding } from './contract.ts';
import { findPython } from './python.ts';

const mostCharacters = 200_000;
const deepest = 200;
/** Direction overrides and tag characters: code that reads otherwise than it runs (Trojan Source, CVE-2021-42574). */
const deceptive = /[\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u;
/** Other characters that can't be seen; within a text or a comment they do no harm. */
const unseen =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\u3164\ufeff\uffa0]/;

/** What is known of a block before it runs: that it can't be judged and why, or what it asks for. */
export type Judgement =
  | { readonly kind: 'refused'; readonly rule: string; readonly sentence: string }
  | { readonly kind: 'judged'; readonly findings: readonly Finding[] };

/**
 * Looks at code without running it. What it does not find may still be there: it is advice, not the wall. Of languages
 * besides Python and bash it knows no more than that they are text.
 */
export async function judge(code: string, language: string): Promise<Judgement> {
  if (code.length > mostCharacters) {
    return refused('size', `It has ${code.length} characters; ${mostCharacters} are allowed in one block.`);
  }
  const hidden = deceptive.exec(code) ?? unseen.exec(withoutTexts(code));
  if (hidden !== null) {
    const name = `U+${(hidden[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
    const line = code.slice(0, code.indexOf(hidden[0])).split('\n').length;
    return refused(
      'invisible characters',
      `Line ${line} has a character that can't be seen (${name}), which makes code read otherwise than it runs.`,
    );
  }
  if (nesting(code) > deepest) {
    return refused('nesting', `Its brackets are nested more than ${deepest} deep.`);
  }
  try {
    return { kind: 'judged', findings: await (finders.get(language)?.(code) ?? []) };
  } catch (error) {
    return refused(
      'reading',
      `It could not be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

const finders: ReadonlyMap<string, (code: string) => Promise<readonly Finding[]>> = new Map([
  ['python', findPython],
  ['bash', findBash],
]);

const refused = (rule: string, sentence: string): Judgement => ({ kind: 'refused', rule, sentence });

/** Roughly: where a character can't be seen, a text or a comment is where it may be. */
function withoutTexts(code: string): string {
  if (!unseen.test(code)) return '';
  return code.replace(/'''[^]*?'''|"""[^]*?"""|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|#.*/g, '');
}

function nesting(code: string): number {
  let depth = 0;
  let most = 0;
  for (const character of code) {
    if ('([{'.includes(character)) most = Math.max(most, (depth += 1));
    else if (')]}'.includes(character)) depth = Math.max(0, depth - 1);
  }
  return most;
}
