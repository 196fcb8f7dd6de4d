import type { CompletionResult } from '../../sandbox/contract.ts';
import type { Sources, Suggestions } from './contract.ts';
import { completeFile } from './files.ts';
import { inTime } from './in-time.ts';
import { completeArgument, completeMagic } from './magics.ts';
import { completeCell, completeName } from './names.ts';
import { placeAt, wordAt, type Place } from './place.ts';
import { indexOfPoint, pointsBefore } from './points.ts';
import { completePython, pythonOf } from './python.ts';
import { completeTopic } from './topics.ts';

const most = 1000;
const longest = 1000;
/** What a line can't hold, or its reader does not see. */
const unseen = /[\u0000-\u001f\u007f-\u009f\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

/** Completes what stands before the cursor. Positions count code points. */
export async function complete(
  sources: Sources,
  source: string,
  cursorPos: number,
  waitMs: number,
): Promise<CompletionResult> {
  const index = indexOfPoint(source, cursorPos);
  const cursor = pointsBefore(source, index);
  const none = { matches: [], kinds: [], cursorStart: cursor, cursorEnd: cursor };
  const python = pythonOf(source);
  if (python !== undefined && cursor >= python.offset) {
    return bounded(await inTime(completePython(sources, python, cursor), waitMs, none));
  }
  const found = await inTime(suggest(sources, source, index), waitMs, undefined);
  if (found === undefined) return none;
  return bounded({
    matches: found.items.map(({ text }) => text),
    kinds: found.items.map(({ kind }) => ({ kind, signature: '' })),
    cursorStart: pointsBefore(source, found.start),
    cursorEnd: cursor,
  });
}

async function suggest(sources: Sources, source: string, index: number): Promise<Suggestions | undefined> {
  const place = placeAt(source, index);
  if (place.kind !== 'argument') return atPlace(sources, place, source[index]);
  const magic = sources.magics.find(({ name }) => name === place.magic);
  if (magic?.complete === 'words') return atPlace(sources, wordAt(source, index), source[index]);
  return magic && completeArgument(sources, magic, place);
}

async function atPlace(
  sources: Sources,
  place: Exclude<Place, { kind: 'argument' }>,
  next: string | undefined,
): Promise<Suggestions | undefined> {
  switch (place.kind) {
    case 'magic':
      return completeMagic(sources, place);
    case 'topic':
      return completeTopic(sources, place);
    case 'name':
      return completeName(sources, place);
    case 'cell':
      return completeCell(sources, place, next);
    case 'file':
      return completeFile(sources, place, next);
    case 'body':
    case 'nothing':
      return undefined;
  }
}

function bounded({ matches, kinds, ...place }: CompletionResult): CompletionResult {
  const kept = matches
    .map((text, index) => ({ text, kind: kinds?.[index] ?? { kind: '', signature: '' } }))
    .filter(({ text }) => text.length <= longest && !unseen.test(text))
    .slice(0, most);
  return { ...place, matches: kept.map(({ text }) => text), kinds: kept.map(({ kind }) => kind) };
}
