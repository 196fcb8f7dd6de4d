import type { Divergence } from '../../loop/events.ts';
import type { NotebookOutput } from '../notebook.ts';
import { bundleOf, failureIn } from '../outputs.ts';
import { differenceOfImages } from './image.ts';
import { differenceOfTables } from './table.ts';
import { differenceOfTexts, type Comparing } from './text.ts';

type Found = Omit<Divergence, 'turn' | 'helper'>;

interface Shown {
  readonly texts: Readonly<Record<'stdout' | 'stderr', string>>;
  readonly bundles: readonly Readonly<Record<string, unknown>>[];
  readonly error?: { readonly ename: string; readonly evalue: string };
  /** How it was stopped, where it was. */
  readonly status: string;
}

/**
 * How what code came to now differs from what is recorded: errors by name and message, text line by line, tables by cell,
 * images by their look, everything else as text. Volatile values are compared by the rules in values.ts.
 */
export function differences(
  recorded: readonly NotebookOutput[],
  found: readonly NotebookOutput[],
  about: Comparing,
): readonly Found[] {
  const [before, after] = [shownBy(recorded), shownBy(found)];
  const hasNone = recorded.length === 0 && found.length > 0;
  if (hasNone) {
    return [{ kind: 'missing', what: 'No output is recorded, and there is one now.', found: summary(after) }];
  }
  const ended = differenceOfEnds(before, after, about);
  if (ended !== undefined) return [ended];
  const texts = (['stdout', 'stderr'] as const).flatMap((name): readonly Found[] => {
    const diff = differenceOfTexts(before.texts[name], after.texts[name], about);
    if (diff === undefined) return [];
    const what = name === 'stdout' ? 'The text is another.' : 'The text on stderr is another.';
    return [{ kind: 'result', what, recorded: before.texts[name], found: after.texts[name], diff }];
  });
  const count = before.bundles.length;
  if (count !== after.bundles.length) {
    const what = `There ${count === 1 ? 'was 1 display' : `were ${count} displays`}, and now there ${after.bundles.length === 1 ? 'is 1' : `are ${after.bundles.length}`}.`;
    return [...texts, { kind: 'result', what, recorded: kindsOf(before), found: kindsOf(after) }];
  }
  const displays = before.bundles.flatMap((bundle, index) => {
    const difference = differenceOfBundles(bundle, after.bundles[index] ?? {}, about);
    return difference === undefined ? [] : [difference];
  });
  return [...texts, ...displays];
}

function shownBy(outputs: readonly NotebookOutput[]): Shown {
  const texts = { stdout: '', stderr: '' };
  const bundles: Readonly<Record<string, unknown>>[] = [];
  let error: Shown['error'];
  let status = 'ok';
  for (const output of outputs) {
    const failure = failureIn(output);
    if (output.output_type === 'stream') texts[output.name] += output.text;
    else if (output.output_type === 'error') error = output;
    else if (failure === undefined) bundles.push(bundleOf(output.data));
    else {
      status = failure.status;
      error = failure.error ?? error;
    }
    if (output.output_type === 'error') status = 'error';
  }
  return { texts, bundles, status, ...(error && { error }) };
}

function differenceOfEnds(before: Shown, after: Shown, about: Comparing): Found | undefined {
  const [old, now] = [endOf(before), endOf(after)];
  const isSameName = before.status === after.status && before.error?.ename === after.error?.ename;
  if (isSameName && differenceOfTexts(old, now, about) === undefined) return undefined;
  const [failed, fails] = [before, after].map(({ status }) => status !== 'ok');
  const what =
    failed && fails
      ? 'It failed then and fails now, in another way.'
      : failed
        ? 'It failed then, and now it does not.'
        : 'It fails now, and did not when it was recorded.';
  return { kind: 'result', what, recorded: old, found: now };
}

const endOf = ({ status, error }: Shown): string =>
  error === undefined ? (status === 'ok' ? 'it ran through' : status) : `${error.ename}: ${error.evalue}`;

function differenceOfBundles(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  about: Comparing,
): Found | undefined {
  const [old, now] = [kindOf(before), kindOf(after)];
  if (old !== now) {
    return { kind: 'result', what: 'A display is of another kind.', recorded: old, found: now };
  }
  const [left, right] = [textIn(before[old]), textIn(after[now])];
  if (old === 'image/png') {
    const what = about.isRandom ? undefined : differenceOfImages(left, right);
    return what === undefined ? undefined : { kind: 'result', what };
  }
  if (old.startsWith('image/') && old !== 'image/svg+xml') {
    if (left === right || about.isRandom) return undefined;
    return { kind: 'result', what: `The image (${old}) is not the same, byte for byte.` };
  }
  const table = old === 'text/html' ? differenceOfTables(left, right, about) : 'no table';
  if (table === 'same') return undefined;
  if (table !== 'no table') return { kind: 'result', what: 'The table is another.', diff: table.diff };
  const diff = differenceOfTexts(left, right, about);
  if (diff === undefined) return undefined;
  return { kind: 'result', what: `What is shown (${old}) is another.`, recorded: left, found: right, diff };
}

/** The richest first: what a reader sees. */
const kinds = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/svg+xml',
  'text/html',
  'text/markdown',
  'text/latex',
  'application/json',
  'text/plain',
];

const kindOf = (bundle: Readonly<Record<string, unknown>>): string =>
  kinds.find((kind) => kind in bundle) ?? 'text/plain';

const kindsOf = ({ bundles }: Shown): string => bundles.map(kindOf).join(', ') || 'none';

const textIn = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value, undefined, 1);

const summary = ({ texts, bundles }: Shown): string =>
  [texts.stdout.slice(0, 2000), texts.stderr.slice(0, 2000), ...bundles.map(kindOf)]
    .filter(Boolean)
    .join('\n');
