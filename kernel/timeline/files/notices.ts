import type { FileDelta } from './contract.ts';
import { humanSize, visibleName } from '../../sandbox/files/words.ts';
import type { Known, Unkept } from './known.ts';
import { mostFileBytes } from './read.ts';

const mostNamed = 5;

const words: Record<Unkept, string> = {
  large: `larger than ${humanSize(mostFileBytes)}`,
  unreadable: 'not to be read',
  unsteady: 'changed while they were read',
  later: 'too many to be read in time',
  full: 'too much to be kept',
};

/** Says which changes can't be taken back, and why. */
export function unkeptNotice(delta: FileDelta, reasonOf: (path: string) => Unkept | undefined): string[] {
  const groups = new Map<string, string[]>();
  for (const { path, before, after } of delta) {
    if (before?.kept !== false && after?.kept !== false) continue;
    const why = words[reasonOf(path) ?? 'later'];
    groups.set(why, [...(groups.get(why) ?? []), path]);
  }
  return [...groups].map(
    ([why, paths]) =>
      `These files changed and are not kept, so going back leaves them: ${named(paths)} (${why}).`,
  );
}

export function named(paths: readonly string[]): string {
  const more = paths.length > mostNamed ? ` and ${paths.length - mostNamed} more` : '';
  return `${paths.slice(0, mostNamed).map(shown).join(', ')}${more}`;
}

const shown = (path: string): string => (path === '' ? 'the workspace itself' : visibleName(path));

const mostNoted = 200;

/** Sentences for the reader, each of them once. */
export class Once {
  readonly #noted = new Set<string>();
  #waiting: string[] = [];

  /** @param about what is not to be told again */
  note(about: string, sentence: string): void {
    if (this.#noted.has(about) || this.#noted.size === mostNoted) return;
    this.#noted.add(about);
    this.#waiting.push(sentence);
  }

  /** Those that were not told so far. */
  take(): readonly string[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}

export const whyUnkept = (before: Known | undefined, after: Known | undefined): Unkept | undefined =>
  after?.unkept ?? before?.unkept;
