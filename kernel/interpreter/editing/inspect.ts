import type { Bundle } from '../../sandbox/contract.ts';
import type { Sources } from './contract.ts';
import { inspectFile } from './files.ts';
import { inTime } from './in-time.ts';
import { aboutMagic } from './magics.ts';
import { inspectName, inspectPath } from './names.ts';
import { placeAt, wordAt, type WordPlace } from './place.ts';
import { indexOfPoint, pointsBefore } from './points.ts';
import { inspectPython, pythonOf } from './python.ts';
import { aboutTopic } from './topics.ts';

const partOfName = /[\p{ID_Continue}]*/uy;
const closing = /[`}"\]]/;

/** What is known of what the cursor stands on. */
export async function inspect(
  sources: Sources,
  source: string,
  cursorPos: number,
  detailLevel: 0 | 1,
  waitMs: number,
): Promise<Bundle | undefined> {
  const index = indexOfPoint(source, cursorPos);
  const cursor = pointsBefore(source, index);
  const python = pythonOf(source);
  if (python !== undefined && cursor >= python.offset) {
    return inTime(inspectPython(sources, python, cursor, detailLevel), waitMs, undefined);
  }
  const text = await inTime(about(sources, source, index), waitMs, undefined);
  return text === undefined ? undefined : { 'text/plain': text };
}

async function about(sources: Sources, source: string, index: number): Promise<string | undefined> {
  const place = placeAt(source, index);
  switch (place.kind) {
    case 'topic':
      return aboutNamed(sources, source);
    case 'magic':
    case 'argument':
    case 'body': {
      const name = place.kind === 'magic' ? magicAt(source, index) : place.magic;
      const magic = sources.magics.find((each) => each.name === name);
      const word = magic?.complete === 'words' ? await aboutWord(sources, source, index) : undefined;
      return word ?? (magic && aboutMagic(magic));
    }
    default:
      return aboutWord(sources, source, index);
  }
}

/** The name of the magic that the cursor stands in. */
function magicAt(source: string, index: number): string {
  const line = source.slice(source.lastIndexOf('\n', index - 1) + 1);
  return /^\s*%{1,2}(\w*)/.exec(line)?.[1] ?? '';
}

async function aboutNamed(sources: Sources, source: string): Promise<string | undefined> {
  const topic = source.trim().replace(/^\?+\s*/, '');
  const known = await aboutTopic(sources, topic);
  return known ?? inspectPath(sources, topic.split('.'));
}

/** Of what the cursor stands in, or right behind. */
async function aboutWord(sources: Sources, source: string, index: number): Promise<string | undefined> {
  const at =
    closing.test(source[index - 1] ?? '') && wordAt(source, index).kind === 'nothing' ? index - 1 : index;
  return aboutPlace(sources, source, at);
}

function aboutPlace(sources: Sources, source: string, index: number): Promise<string | undefined> {
  const here = wordAt(source, index);
  if (here.kind === 'file') return inspectFile(sources, here, source, index);
  partOfName.lastIndex = index;
  const end = index + (partOfName.exec(source)?.[0].length ?? 0);
  const place: WordPlace = wordAt(source, end);
  const isName = place.kind === 'name' || place.kind === 'cell';
  return isName ? inspectName(sources, place) : Promise.resolve(undefined);
}
