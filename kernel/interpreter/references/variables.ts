import { visible } from '../../sandbox/files/words.ts';
import type { Look, Looks } from '../../sandbox/contract.ts';
import type { Found, ReferenceSources } from './contract.ts';
import { nearest } from '../../near.ts';
import type { Reference } from './parse.ts';

type Variable = Extract<Reference, { kind: 'variable' }>;

/** How a name that many files have ends: `notes.txt` is no attribute of `notes`. */
const fileEnd = /^(?:csv|tsv|txt|md|log|jsonl?|ya?ml|toml|py|ipynb|png|jpg|pdf|sh|sql)$/;

/**
 * What these names stand for in Python's memory. A name in backticks that is no variable is only text, unless it is
 * nearly one; in braces it is said to be none.
 */
export async function lookAtVariables(
  variables: readonly Variable[],
  sources: ReferenceSources,
  room: number,
): Promise<ReadonlyMap<Variable, Found | 'more'>> {
  const asked = variables.filter(({ path, isSure }) => isSure || !fileEnd.test(path.at(-1) ?? ''));
  if (asked.length === 0) return new Map();
  const answer = await sources.look(
    asked.map(({ path }) => path),
    room,
  );
  if (answer === undefined) return new Map([[asked[0] as Variable, { problem: unanswered(asked) }]]);
  return new Map(asked.map((variable, at) => [variable, foundOf(variable, answer, answer.looks[at])]));
}

function unanswered(asked: readonly Variable[]): string {
  const names = asked.slice(0, 5).map(({ written }) => written);
  return `Python did not answer, so this was not looked at: ${names.join(', ')}${asked.length > 5 ? ', …' : ''}.`;
}

function foundOf({ written, isSure, path }: Variable, answer: Looks, look: Look | undefined): Found | 'more' {
  switch (look?.status) {
    case undefined:
    case 'more':
      return 'more';
    case 'word':
      return undefined;
    case 'value': {
      const what = visible(look.what.replaceAll(/\s+/g, ' '));
      return {
        what,
        title: `${path.join('.')} in Python’s memory, ${what}`,
        text: look.text,
        isPart: look.isPart,
      };
    }
    case 'unknown':
      return unknown(written, path, isSure, path.length > 1 ? look.names : answer.names);
  }
}

function unknown(written: string, path: readonly string[], isSure: boolean, names: readonly string[]): Found {
  const parent = path.slice(0, -1).join('.');
  const near = nearest(path.at(-1) ?? '', names).map(
    (name) => `\`${parent === '' ? name : `${parent}.${name}`}\``,
  );
  if (near.length === 0 && !isSure) return undefined;
  const name = written.replaceAll(/^[`{]|[`}]$/g, '`');
  return { problem: `There is no variable ${name}${near.length > 0 ? `; near: ${near.join(', ')}` : ''}.` };
}
