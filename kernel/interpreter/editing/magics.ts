import type { Magic } from '../magics/contract.ts';
import type { Sources, Suggestions } from './contract.ts';
import type { Place } from './place.ts';

type ArgumentPlace = Extract<Place, { kind: 'argument' }>;

/** How a magic is called, without its arguments. */
const callOf = ({ kind, name }: Magic): string => `${kind === 'cell' ? '%%' : '%'}${name}`;

/** Names of magics; those of cells where the first line is being written. */
export function completeMagic(
  { magics }: Sources,
  { word, start, isFirstLine }: Extract<Place, { kind: 'magic' }>,
): Suggestions {
  const items = magics
    .filter((magic) => magic.kind === 'line' || isFirstLine)
    .map((magic) => ({ text: callOf(magic), kind: 'magic' }))
    .filter(({ text }) => text.startsWith(word));
  return { start, items };
}

/** What a magic says may stand there. */
export async function completeArgument(
  sources: Sources,
  { complete }: Pick<Magic, 'complete'>,
  { before, word, start }: ArgumentPlace,
): Promise<Suggestions> {
  const found = typeof complete === 'function' ? await complete(before, word, sources) : [];
  const items = found.filter((text) => text.startsWith(word)).map((text) => ({ text, kind: 'argument' }));
  return { start, items };
}

/** How a magic is written and what it is for. */
export const aboutMagic = ({ usage, summary }: Magic): string => `${usage}\n${summary}`;
