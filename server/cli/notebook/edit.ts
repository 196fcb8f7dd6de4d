import { randomUUID } from 'node:crypto';
import type { Layout } from './layout.ts';
import { formatted, inLines, layoutOf } from './layout.ts';
import type { NotebookFile } from './read.ts';
import type { Executed } from './results.ts';
import { lines, onDisk } from './results.ts';
import type { Property, Span } from './spans.ts';
import { elementsOf, propertiesOf, propertyOf, valueAt } from './spans.ts';

/** A code cell that is put into the notebook, or in the place of one. */
export interface AddedCell {
  /** Its index in the notebook that results. */
  readonly index: number;
  readonly replaces: boolean;
  readonly source: string;
  readonly tags: readonly string[];
}

/** What becomes of a notebook's text. Everything that is not named stays, byte for byte. */
export interface Changes {
  readonly added?: AddedCell | undefined;
  /** New state of code cells, by their index in the notebook with the added cell. */
  readonly results: ReadonlyMap<number, Executed>;
  /**
   * The notebook was executed as a whole: code cells without a result are written as not executed, what executed it is
   * named, and it becomes nbformat 4.5, whose cells have ids.
   */
  readonly executed?: Executing | undefined;
}

interface Executing {
  readonly languageInfo: unknown;
  readonly environment?: unknown;
  /** Folder in which it was executed, from where it is written: `.` for the same. */
  readonly workspace?: string | undefined;
}

interface Edit extends Span {
  readonly text: string;
}

/** The notebook's text with these changes. */
export function editNotebook({ text, notebook }: NotebookFile, changes: Changes): string {
  const ours = changes.executed !== undefined;
  const added = changes.added === undefined ? text : withCell(text, changes.added, notebook.nbformat_minor);
  const whole = ours && !layoutOf(added) ? inLines(added) : added;
  const layout = layoutOf(whole);
  const top = propertiesOf(whole, valueAt(whole, 0));
  const edits = [...cellEdits(whole, top, changes, layout)];
  if (changes.executed) {
    const minor = Math.max(5, notebook.nbformat_minor);
    edits.push(...setProperties(whole, valueAt(whole, 0), { nbformat_minor: minor }, layout));
    edits.push(...metadataEdits(whole, top, changes.executed, layout));
  }
  const edited = apply(whole, edits);
  return ours ? `${edited.trimEnd()}\n` : edited;
}

/** What executed the notebook, and in which environment; whatever else a person put into its metadata stays as it is. */
function metadataEdits(
  text: string,
  top: readonly Property[],
  { languageInfo, environment, workspace = '.' }: Executing,
  layout?: Layout,
): Edit[] {
  const about = { language_info: languageInfo };
  const metadata = propertyOf(top, 'metadata');
  const found = metadata && propertyOf(propertiesOf(text, metadata.value), 'replique');
  const ours = found && text[found.value.start] === '{' ? found : undefined;
  const isNamed = ours !== undefined && propertyOf(propertiesOf(text, ours.value), 'workspace') !== undefined;
  const recorded = {
    ...(environment !== undefined && { environment }),
    ...((workspace !== '.' || isNamed) && { workspace }),
  };
  const whole = { ...about, ...(Object.keys(recorded).length > 0 && { replique: recorded }) };
  if (!metadata) return setProperties(text, valueAt(text, 0), { metadata: whole }, layout);
  if (!ours) return setProperties(text, metadata.value, whole, layout);
  return [
    ...setProperties(text, metadata.value, about, layout),
    ...setProperties(text, ours.value, recorded, layout),
  ];
}

function* cellEdits(text: string, top: readonly Property[], changes: Changes, layout?: Layout) {
  const seen = new Set<unknown>();
  const cells = propertyOf(top, 'cells');
  for (const [index, span] of (cells ? elementsOf(text, cells.value) : []).entries()) {
    const properties = propertiesOf(text, span);
    const valueOf = (key: string): unknown => {
      const value = propertyOf(properties, key)?.value;
      return value && (JSON.parse(text.slice(value.start, value.end)) as unknown);
    };
    const isCode = valueOf('cell_type') === 'code';
    const result = changes.results.get(index);
    const set: Record<string, unknown> = {};
    if (isCode && (result || changes.executed)) {
      set['execution_count'] = result?.executionCount ?? null;
      set['outputs'] = (result?.outputs ?? []).map(onDisk);
    }
    if (changes.executed) {
      const id = valueOf('id');
      const isFine = typeof id === 'string' && /^[\w-]{1,64}$/.test(id) && !seen.has(id);
      if (!isFine) set['id'] = newId();
      seen.add(id);
    }
    yield* setProperties(text, span, set, layout);
  }
}

const newId = (): string => randomUUID().slice(0, 8);

/** Replaces properties of an object, or puts them where Jupyter, which sorts names, would have them. */
function setProperties(text: string, object: Span, set: Record<string, unknown>, layout?: Layout): Edit[] {
  if (Object.keys(set).length === 0) return [];
  const properties = propertiesOf(text, object);
  const first = properties[0];
  if (!first) {
    const line = /[ \t]*/y.exec(text.slice(text.lastIndexOf('\n', object.start) + 1))?.[0] ?? '';
    return [{ ...object, text: formatted(set, line, layout) }];
  }
  const base = indentationAt(text, first.keyStart);
  const sorted = Object.entries(set).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([key, value]) => {
    const content = formatted(value, base, layout);
    const there = propertyOf(properties, key);
    if (there) return { ...there.value, text: content };
    const written = `${JSON.stringify(key)}:${layout ? ' ' : ''}${content}`;
    const between = layout ? `,${layout.newline}${base}` : ',';
    const next = properties.find((property) => property.key > key);
    if (next) return { start: next.keyStart, end: next.keyStart, text: `${written}${between}` };
    const at = properties.at(-1)?.value.end ?? object.end - 1;
    return { start: at, end: at, text: `${between}${written}` };
  });
}

/** The blanks before what stands at `at`, if nothing else stands before it in its line. */
function indentationAt(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  return /^[ \t]*$/.test(line) ? line : '';
}

function withCell(text: string, { index, replaces, source, tags }: AddedCell, minor: number): string {
  const cells = propertyOf(propertiesOf(text, valueAt(text, 0)), 'cells');
  if (!cells) return text;
  const elements = elementsOf(text, cells.value);
  const layout = layoutOf(text);
  const cell = {
    cell_type: 'code',
    execution_count: null,
    ...(minor >= 5 && { id: newId() }),
    metadata: { tags },
    outputs: [],
    source: lines(source),
  };
  const next = elements[index];
  const near = next ?? elements.at(-1);
  const base = near ? indentationAt(text, near.start) : '';
  const written = formatted(cell, base, layout);
  const between = layout ? `,${layout.newline}${base}` : ',';
  if (replaces && next) return apply(text, [{ ...next, text: written }]);
  if (next) return apply(text, [{ start: next.start, end: next.start, text: `${written}${between}` }]);
  const end = near?.end ?? cells.value.start + 1;
  return apply(text, [{ start: end, end, text: near ? `${between}${written}` : written }]);
}

/** Makes edits that do not overlap; those at one place in the order given. */
function apply(text: string, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    pieces.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  pieces.push(text.slice(at));
  return pieces.join('');
}
