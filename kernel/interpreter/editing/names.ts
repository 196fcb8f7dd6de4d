import type { Sources, Suggestion, Suggestions } from './contract.ts';
import type { WordPlace } from './place.ts';

type NamePlace = Extract<WordPlace, { kind: 'name' }>;
type CellPlace = Extract<WordPlace, { kind: 'cell' }>;

const mostCells = 50;

/** Variables, and after a dot columns and attributes. */
export async function completeName(sources: Sources, place: NamePlace): Promise<Suggestions> {
  const { path, word, start, inBraces } = place;
  const names = await sources.worker.names(path, word);
  const items: Suggestion[] = names.map(({ name, kind }) => ({ text: name, kind }));
  if (inBraces && path.length === 0) {
    items.push(
      ...['In[', 'Out['].filter((text) => text.startsWith(word)).map((text) => ({ text, kind: 'cell' })),
    );
  }
  return { start, items };
}

/** Numbers of cells, the newest first, and the bracket that closes them. */
export async function completeCell(
  { worker, lastCell }: Sources,
  { part, word, start }: CellPlace,
  next: string | undefined,
): Promise<Suggestions> {
  const numbers =
    part === 'Out'
      ? (await worker.names(['Out'], word)).map(({ name }) => name).reverse()
      : Array.from({ length: Math.min(lastCell(), mostCells) }, (_, back) => String(lastCell() - back));
  const items = numbers
    .filter((number) => number.startsWith(word))
    .slice(0, mostCells)
    .map((number) => ({ text: next === ']' ? number : `${number}]`, kind: 'cell' }));
  return { start, items };
}

/** What a variable or an answer is: type, size, beginning. */
export async function inspectName(
  sources: Sources,
  place: NamePlace | CellPlace,
): Promise<string | undefined> {
  if (place.word === '' || (place.kind === 'cell' && place.part === 'In')) return undefined;
  return inspectPath(sources, place.kind === 'name' ? [...place.path, place.word] : [place.part, place.word]);
}

export async function inspectPath(
  { worker, clean }: Sources,
  path: readonly string[],
): Promise<string | undefined> {
  const text = await worker.glance(path);
  return text === undefined ? undefined : clean(text);
}
