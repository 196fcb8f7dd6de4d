import { z } from 'zod';
import { repliqueError } from '../errors.ts';
import { readRegularFile } from '../files.ts';
import { tapeModes, type TapeMode } from './contract.ts';

/** Of the largest notebook that is read as a tape. */
const mostBytes = 200_000_000;
const mostCells = 10_000;
const mostOutputs = 20_000;
/** Levels of an output's data. */
const deepest = 100;

const text = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(''))]);
const bundle = z.record(z.string().max(200), z.unknown());

const output = z.discriminatedUnion('output_type', [
  z.object({ output_type: z.literal('stream'), name: z.enum(['stdout', 'stderr']), text }),
  z.object({ output_type: z.literal('display_data'), data: bundle, metadata: bundle.default({}) }),
  z.object({ output_type: z.literal('execute_result'), data: bundle, metadata: bundle.default({}) }),
  z.object({
    output_type: z.literal('error'),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string()),
  }),
]);

/** One output as nbformat 4 has it; texts of several lines are one string. */
export type NotebookOutput = z.infer<typeof output>;

const tags = z.array(z.unknown()).catch([]);
const ownMetadata = z.object({ tape: z.unknown().optional() }).optional().catch(undefined);
const cell = z.object({
  cell_type: z.string(),
  id: z.string().max(64).optional().catch(undefined),
  source: text,
  metadata: z.object({ tags, replique: ownMetadata }).partial().catch({}),
  outputs: z.array(z.unknown()).max(mostOutputs).optional(),
});
const notebook = z.object({
  nbformat: z.literal(4),
  metadata: z
    .object({
      replique: ownMetadata,
      kernelspec: z
        .object({ name: z.string().max(200) })
        .partial()
        .optional()
        .catch(undefined),
    })
    .partial()
    .catch({}),
  cells: z.array(cell).max(mostCells),
});

/** A code cell of a notebook, as far as it concerns the tape. */
export interface NotebookCell {
  /** Its place among all cells, from 1. */
  readonly number: number;
  /** Absent: it has none, or another cell has the same. */
  readonly id?: string | undefined;
  readonly source: string;
  readonly mode: TapeMode | undefined;
  /** Its results have values that are other ones each time. */
  readonly isRandom: boolean;
  readonly outputs: readonly NotebookOutput[];
  /** An output that can't be read, in a sentence. */
  readonly problem?: string;
}

export interface Notebook {
  readonly file: string;
  readonly mode: TapeMode | undefined;
  /** Of its kernelspec. */
  readonly kernel: string | undefined;
  readonly cells: readonly NotebookCell[];
  /** What is wrong with it and does not keep it from being read, in sentences. */
  readonly problems: readonly string[];
}

/**
 * Reads a notebook as a tape. It comes from anywhere: nothing in it is trusted.
 * @throws RepliqueError TAPE_UNUSABLE
 */
export function readNotebook(file: string): Notebook {
  const value = parse(file, read(file));
  const format = z.object({ nbformat: z.number() }).safeParse(value).data?.nbformat;
  const parsed = notebook.safeParse(value);
  if (!parsed.success) throw unusable(file, ...whyNot(format, parsed.error.issues[0]));
  const { metadata, cells } = parsed.data;
  const counts = new Map<string, number>();
  for (const { id } of cells) if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  const repeated = [...counts].filter(([, count]) => count > 1).map(([id]) => id);
  const problems =
    repeated.length === 0
      ? []
      : [
          `Several cells have the id ${JSON.stringify(repeated[0])}: such cells are found by their text alone.`,
        ];
  return {
    file,
    mode: modeOf(metadata.replique?.tape),
    kernel: metadata.kernelspec?.name,
    cells: cells.flatMap((one, index) => (one.cell_type === 'code' ? [toCell(one, index + 1, counts)] : [])),
    problems,
  };
}

function toCell(
  { id, source, metadata, outputs = [] }: z.infer<typeof cell>,
  number: number,
  counts: ReadonlyMap<string, number>,
): NotebookCell {
  const named = (metadata.tags ?? []).filter((tag) => typeof tag === 'string');
  const tagged = tapeModes.find((mode) => named.includes(`replique:${mode}`));
  const parsed = outputs.map((one) => (isDeeper(one, deepest) ? undefined : output.safeParse(one).data));
  const bad = parsed.indexOf(undefined);
  return {
    number,
    source,
    mode: modeOf(metadata.replique?.tape) ?? tagged,
    isRandom: named.includes('replique:random'),
    outputs: parsed.filter((one) => one !== undefined),
    ...(id !== undefined && counts.get(id) === 1 && { id }),
    ...(bad !== -1 && { problem: `Output ${bad + 1} of cell ${number} is not as nbformat 4 has it.` }),
  };
}

const modeOf = (value: unknown): TapeMode | undefined => tapeModes.find((mode) => mode === value);

function read(file: string): string {
  try {
    return readRegularFile(file, mostBytes);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw unusable(file, 'there is no such file', 'Save the notebook and try again.');
    if (message.startsWith('it is larger')) {
      const problem = `it is larger than ${mostBytes / 1e6} MB`;
      throw unusable(file, problem, 'Clear the largest outputs, or split the notebook.');
    }
    throw unusable(file, message, 'Name a notebook, as Jupyter saves it.');
  }
}

function parse(file: string, json: string): unknown {
  try {
    return JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch {
    throw unusable(file, 'it is not JSON', 'Name a notebook, as Jupyter saves it.');
  }
}

function whyNot(format: number | undefined, issue: z.core.$ZodIssue | undefined): [string, string] {
  if (format !== undefined && format < 4) {
    const remedy = `Run \`jupyter nbconvert --to notebook --nbformat 4\` on it, and name what that writes.`;
    return [`it is in notebook format ${format}, and tapes are in format 4`, remedy];
  }
  if (format !== undefined && format > 4) {
    const remedy = 'Install a newer Replique: `npx replique@latest`.';
    return [`it is in notebook format ${format}, which this version does not know`, remedy];
  }
  const where = issue === undefined || issue.path.length === 0 ? '' : ` (at "${issue.path.join('.')}")`;
  return [`it is not a notebook in format 4${where}`, 'Name a notebook, as Jupyter saves it.'];
}

const unusable = (file: string, problem: string, remedy: string): Error =>
  repliqueError('TAPE_UNUSABLE', { file, problem, remedy });

/** Without recursion: what is measured may be as deep as it likes. */
function isDeeper(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((one): unknown[] =>
      one !== null && typeof one === 'object' ? Object.values(one) : [],
    );
  }
  return false;
}
