import { z } from 'zod';
import type { OutputMessage } from '../../outputs.ts';

/** Of a file whose lines mean something else, a later version changes this. */
const version = 1;

const id = z.string().min(1).max(1000);
const path = z.string().max(10_000);
const time = z.number();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const json = z.record(z.string(), z.unknown());

/** A notebook's file at one moment. */
const fileState = z.strictObject({ hash: sha256, mtimeMs: z.number(), size: z.number() });

/** The version that clients are told of. */
const shown = z.strictObject({ hash: sha256, mtimeMs: z.number() });

const head = z.strictObject({
  kind: z.literal('head'),
  version: z.literal(version),
  /** The directory that is served: paths are below it. */
  root: path,
  kernel: id,
  /** Of the server that writes it. */
  pid: z.int(),
  /** When that was started: numbers are given again. */
  started: z.string().max(100).optional(),
  /** Whether the kernel's outputs have passed Replique's firewall. */
  filtered: z.boolean(),
});

const run = z.strictObject({
  kind: z.literal('run'),
  /** Of the request. */
  run: id,
  cell: id,
  source: z.string(),
  at: time,
  /** The cell that ran before it. */
  after: id.nullable(),
  /** The page that asked, by the session of its connection. */
  asker: id.optional(),
});

const record = z.discriminatedUnion('kind', [
  head,
  z.strictObject({ kind: z.literal('paths'), paths: z.array(path).max(100) }),
  run,
  z.strictObject({ kind: z.literal('count'), run: id, count: z.int() }),
  z.strictObject({ kind: z.literal('output'), run: id, at: time, type: z.string(), content: z.unknown() }),
  /** What has become of outputs before: instead of the lines that made them. */
  z.strictObject({
    kind: z.literal('outputs'),
    run: id,
    at: time,
    outputs: z.array(z.strictObject({ output: json, displays: z.array(z.string()) })),
    clearsOnNext: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('end'), run: id, at: time, status: z.string().max(100) }),
  z.strictObject({ kind: z.literal('drop'), run: id }),
  /** The pages that may still save, where a server has left the kernel to the next one. Only the last line says it. */
  z.strictObject({
    kind: z.literal('pages'),
    pages: z.array(z.strictObject({ session: z.string().max(1000), left: time })).max(1000),
  }),
  /** A file is of this server's making, and clients know it as another version. */
  z.strictObject({ kind: z.literal('version'), path, file: fileState, shown: shown.optional() }),
]);

/** A line of a journal. */
export type JournalRecord = Readonly<z.infer<typeof record>>;
export type Head = Readonly<z.infer<typeof head>>;
export type RunStart = Readonly<z.infer<typeof run>>;

export const headOf = (about: Omit<Head, 'kind' | 'version'>): Head => ({ kind: 'head', version, ...about });

export const lineOf = (value: JournalRecord): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);

/** The line of an output, whose content is passed on unparsed: a line break that stands in it can only be space. */
export function outputLine(
  runId: string,
  type: OutputMessage['type'],
  content: Uint8Array,
  at: number,
): Buffer {
  const text = Buffer.from(content);
  for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index)) text[index] = 0x20;
  const start = `{"kind":"output","run":${JSON.stringify(runId)},"at":${at},"type":"${type}","content":`;
  return Buffer.concat([Buffer.from(start), text, Buffer.from('}\n')]);
}

/** Reads a line; `undefined` where it is none, as the last one that a kill has cut off. */
export function recordIn(line: string): JournalRecord | undefined {
  try {
    return record.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
