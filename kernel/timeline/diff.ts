import { createTwoFilesPatch } from 'diff';
import type { Mark } from '../loop/mark.ts';
import type { Variable } from '../sandbox/contract.ts';
import type { FileDelta, FileEntry, FileHistory } from './files/contract.ts';
import { diffOfDeltas } from './files/differences.ts';

const mostMessages = 10;
const mostChars = 4000;
const mostLines = 12;
const mostWords = 300;
const mostVariables = 40;
const mostFiles = 20;
const mostFileBytes = 64 * 1024;
const mostDiffLines = 60;

/** A part of a comparison. */
export interface Section {
  readonly title: string;
  /** Lines, those of the first place after `-`, those of the second after `+`. */
  readonly lines: readonly string[];
}

/** What was said at one place and not at the other. */
export function compareTalk(a: Mark, b: Mark): Section {
  const [ofA, ofB] = [said(a), said(b)];
  let same = 0;
  while (same < ofA.length && ofA[same] === ofB[same]) same += 1;
  const lines = (sign: string, messages: readonly string[]): string[] => {
    const more = messages.length - mostMessages;
    const texts = [...messages.slice(0, mostMessages), ...(more > 0 ? [`… and ${more} more`] : [])];
    return texts.flatMap((text) => text.split('\n')).map((each) => `${sign} ${each}`);
  };
  return { title: 'Messages', lines: [...lines('-', ofA.slice(same)), ...lines('+', ofB.slice(same))] };
}

/** What was said and what came of code, each as text of some lines. */
function said({ entries }: Mark): string[] {
  return entries.flatMap(({ role, parts }) =>
    parts
      .filter(({ kind }) => kind !== 'note')
      .map(({ kind, text }) =>
        messageOf(role === 'assistant' ? 'model' : kind === 'words' ? 'you' : 'result', text),
      ),
  );
}

/** The words stand behind who says them where they are one line, else below. The tags around code and results are left out. */
function messageOf(who: string, text: string): string {
  const all = text.slice(0, mostChars).trim().split('\n');
  const failed = who === 'result' ? /^<result status="(?!ok")(\w+)"/.exec(text)?.[1] : undefined;
  const name = failed === undefined ? who : `${who} (${failed})`;
  const lines = all.filter((each) => !/^<\/?(?:helpers|result)\b[^>]*>$/.test(each));
  const [first = ''] = lines;
  if (lines.length < 2) return `${name}: ${first.slice(0, mostWords)}`;
  const more = lines.length > mostLines || text.length > mostChars ? ['…'] : [];
  const below = [...lines.slice(0, mostLines).map((each) => each.slice(0, mostWords)), ...more];
  return [`${name}:`, ...below.map((each) => `    ${each}`)].join('\n');
}

/** @param a variables; `undefined` where there is no copy of the memory to look at */
export function compareVariables(
  a: readonly Variable[] | undefined,
  b: readonly Variable[] | undefined,
): Section {
  if (a === undefined || b === undefined)
    return {
      title: 'Variables',
      lines: ['Python’s memory is not kept at both places, so it is not compared.'],
    };
  const before = new Map(a.map(({ name, value }) => [name, value]));
  const after = new Map(b.map(({ name, value }) => [name, value]));
  const lines = [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .flatMap((name) => [line('-', name, before.get(name)), line('+', name, after.get(name))])
    .flat();
  return { title: 'Variables', lines: lines.slice(0, 2 * mostVariables) };
}

const line = (sign: string, name: string, value: string | undefined): string[] =>
  value === undefined ? [] : [`${sign} ${name}: ${value.replaceAll(/\s+/g, ' ').slice(0, mostWords)}`];

/** What differs in files between the ends of a way. */
export async function compareFiles(
  { undo, redo }: { readonly undo: readonly FileDelta[]; readonly redo: readonly FileDelta[] },
  files: Pick<FileHistory, 'text'>,
): Promise<Section> {
  const changes = diffOfDeltas(undo, redo);
  const lines: string[] = [];
  for (const { path, before, after } of changes.slice(0, mostFiles)) {
    const shown = JSON.stringify(path).slice(1, -1);
    lines.push(`${before === undefined ? '+' : after === undefined ? '-' : '±'} ${shown}`);
    lines.push(...(await textDiff(before, after, files)));
  }
  if (changes.length > mostFiles) lines.push(`… and ${changes.length - mostFiles} more files`);
  return { title: 'Files', lines };
}

async function textDiff(
  before: FileEntry | undefined,
  after: FileEntry | undefined,
  files: Pick<FileHistory, 'text'>,
): Promise<readonly string[]> {
  const text = async (entry: FileEntry | undefined): Promise<string | undefined> =>
    entry === undefined ? '' : entry.size > mostFileBytes ? undefined : files.text(entry, mostFileBytes);
  const [old, now] = [await text(before), await text(after)];
  if (old === undefined || now === undefined) return [`    ${sizeOf(before)} → ${sizeOf(after)}`];
  const patch = createTwoFilesPatch('', '', old, now, '', '', { context: 1, timeout: 500 });
  if (patch === undefined) return ['    (too different to be shown)'];
  const lines = patch
    .split('\n')
    .slice(4)
    .filter((each) => each !== '');
  const more = lines.length - mostDiffLines;
  return [
    ...lines.slice(0, mostDiffLines).map((each) => `    ${each}`),
    ...(more > 0 ? [`    … ${more} more lines`] : []),
  ];
}

const sizeOf = (entry: FileEntry | undefined): string =>
  entry === undefined ? 'none' : `${entry.size} bytes`;
