import { bound, escapeTags, plainText } from '../../loop/escape.ts';
import type { LoopEvent } from '../../loop/events.ts';
import type { Given, GivenPart } from '../../loop/given.ts';
import { mostOfResult } from '../../loop/images.ts';
import type { CellHistory } from './cells.ts';
import type { Found, GivenRoom, ReferenceSources, View } from './contract.ts';
import { readFileReference } from './files.ts';
import type { Reference } from './parse.ts';
import { shares } from './shares.ts';
import { lookAtVariables } from './variables.ts';

/** As many are given with one prompt, and as many looked for. */
const mostGiven = 20;
const mostLookedFor = 100;
const mostProblems = 5;
/** A small model takes what it sees for all there is. */
const partNote = 'Of these tables you see the first rows only: run code for what is asked about all of them.';

interface Resolved {
  readonly written: string;
  readonly view: View;
}

/** Finds what a prompt points at, and makes of it what goes to the model and what the reader is told. */
export async function resolveReferences(
  references: readonly Reference[],
  room: GivenRoom,
  around: {
    readonly sources: ReferenceSources;
    readonly history: CellHistory;
    /** The number of the cell that the prompt is in. */
    readonly cell: number;
  },
): Promise<Given> {
  const { sources, history, cell } = around;
  const looked = references.slice(0, mostLookedFor);
  const variables = await lookAtVariables(
    looked.filter((reference) => reference.kind === 'variable'),
    sources,
    room.chars,
  );
  const resolved: Resolved[] = [];
  const problems: string[] = [];
  let left = references.length - looked.length;
  for (const reference of looked) {
    const found = await findOne(reference);
    if (found === undefined) continue;
    if (found === 'more' || (resolved.length === mostGiven && !('problem' in found))) left += 1;
    else if ('problem' in found) problems.push(found.problem);
    else resolved.push({ written: reference.written, view: redacted(found, sources) });
  }
  if (left > 0) {
    problems.push(`${left} more references were not given: ${mostGiven} go with a prompt at most.`);
  }
  return givenOf(resolved, problems, room);

  async function findOne(reference: Reference): Promise<Found | 'more'> {
    if (reference.kind === 'variable') return variables.get(reference);
    if (reference.kind === 'cell') return history.find(reference, cell);
    if (resolved.length === mostGiven) return reference.isSure ? 'more' : undefined;
    return readFileReference(reference, sources, room);
  }
}

/** A file whose name holds a secret is not named. */
const redacted = ({ file, ...view }: View, sources: ReferenceSources): View => ({
  ...view,
  ...(file && sources.redact(file.path) === file.path && { file }),
  what: sources.redact(view.what),
  text: sources.redact(plainText(view.text)),
});

function givenOf(resolved: readonly Resolved[], problems: readonly string[], room: GivenRoom): Given {
  const granted = shares(
    resolved.map(({ view }) => Math.min(view.text.length, room.chars)),
    room.allChars,
  );
  let images = 0;
  const parts: GivenPart[] = [];
  const references: Extract<LoopEvent, { type: 'given' }>['references'][number][] = [];
  const seen: string[] = [];
  for (const [at, { written, view }] of resolved.entries()) {
    const limit = granted[at] ?? 0;
    const isCut = view.text.length > limit;
    const shown = escapeTags(`${written} is ${view.title}\n${bound(view.text, limit)}`);
    const image = view.image !== undefined && images < mostOfResult ? [view.image] : [];
    images += image.length;
    parts.push({
      kind: 'result',
      text: `<result status="given">\n${shown}\n</result>`,
      ...(image.length > 0 && { images: image }),
    });
    const of = isCut ? { shown: limit, of: view.text.length } : {};
    references.push({ reference: written, what: view.what, ...of, ...(view.file && { file: view.file }) });
    if (view.isSeen === true) seen.push(written);
  }
  if (resolved.some(({ view }) => view.isPart)) parts.push({ kind: 'note', text: partNote });
  if (problems.length > 0) parts.push({ kind: 'note', text: escapeTags(shortList(problems)) });
  const events: Given['events'][number][] = [];
  if (references.length > 0) events.push({ type: 'given', references });
  if (problems.length > 0) events.push({ type: 'notice', text: shortList(problems) });
  return { parts, events, seen };
}

function shortList(problems: readonly string[]): string {
  const more = problems.length - mostProblems;
  const shown = more > 0 ? [...problems.slice(0, mostProblems - 1), problems.at(-1)] : problems;
  return [...shown, ...(more > 0 ? [`(And ${more} more like these.)`] : [])].join(' ');
}
