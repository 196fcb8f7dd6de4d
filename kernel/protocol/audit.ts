import { z } from 'zod';

/**
 * The events of the audit, in the form that Jupyter's event system gives what it logs: a capsule of `__…__` keys, and
 * the event's own. docs/reference/audit.md is generated from this file.
 */

const count = z.int().nonnegative();
const short = z.string().max(200);
const path = z.string().max(4096);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const sandbox = z.enum(['bubblewrap', 'seatbelt', 'none']);

const limits = z.strictObject({
  memoryBytes: count,
  processes: count,
  openFiles: count,
  fileBytes: count,
  cpuSeconds: z.number().nonnegative(),
});

const decision = z.strictObject({
  capability: short,
  decision: z.enum(['allow', 'ask', 'deny']),
});

/** What each kind of event says. A kind's second version is a new row with a new name of its schema. */
export const auditKinds = {
  'session-start': z
    .strictObject({
      version: short.describe('version of Replique'),
      uid: z.int().describe('the user’s number; -1 where the system has none'),
      pid: count.describe('process of the kernel'),
      workspace: path.describe('the directory that helpers may write'),
      notebook: path.optional().describe('the notebook, where the client names it'),
      sandbox: sandbox.describe('`none`: code runs unprotected'),
      previous: z
        .strictObject({ name: short, events: count, hash: sha256 })
        .optional()
        .describe('the newest other session at that time, how many events it had, and the hash of its last'),
    })
    .describe('A kernel has started.'),
  'session-end': z.strictObject({}).describe('The kernel has ended in an orderly way.'),
  'worker-start': z
    .strictObject({
      sandbox,
      limits: limits.describe('what each process may use'),
      restored: z.boolean().describe('it is a copy of an earlier state, not a fresh process'),
    })
    .describe('A process that runs code has started.'),
  'worker-end': z
    .strictObject({
      status: z
        .int()
        .nullable()
        .describe('its exit status; below zero: the signal that ended it; null: the sandbox was ended'),
      breach: short.optional().describe('the forged or malformed message for which it was ended'),
    })
    .describe('A process that runs code has ended.'),
  'run-start': z
    .strictObject({
      run: count.describe('number of the run in its session'),
      cell: count.nullable().describe('number of the cell, `In [n]`; null before the first'),
      cell_id: z
        .string()
        .regex(/^(?:notebook:[\w-]{1,64}|client:[0-9a-f]{32})$/)
        .optional()
        .describe(
          '`notebook:` and the cell’s id in its notebook, or `client:` and a hash of the editor’s address of it',
        ),
      origin: z
        .enum(['helper', 'cell', 'kernel', 'other'])
        .describe('a model’s helper, a person’s own cell, Replique’s own line after a prompt, or else'),
      again: z
        .boolean()
        .optional()
        .describe('it ran before in that cell, and is run again to rebuild memory, see docs/time-travel.md'),
      turn: count.optional().describe('turn of the model'),
      helper: count.optional().describe('number of the helper in its cell'),
      language: z.string().min(1).max(100),
      code_sha256: sha256.describe('SHA-256 of the code in UTF-8; the code itself is not kept'),
      code_bytes: count,
      expressions_sha256: sha256
        .optional()
        .describe('SHA-256 of the JSON of the client’s `user_expressions`, which are evaluated, too'),
      timeout_ms: count,
      stdin: z.boolean().describe('it may ask the person'),
    })
    .describe(
      'Code is about to run. Without this event on the disk it does not. A helper that asked for capabilities has a `validation` before it.',
    ),
  'run-end': z
    .strictObject({
      run: count,
      status: z.enum(['ok', 'error', 'interrupted', 'timeout', 'limit', 'died', 'not-run']),
      duration_ms: count,
      outputs: count.describe('outputs that it sent'),
      output_bytes: count,
    })
    .describe('Code has ended, or could not be begun (`not-run`).'),
  interrupt: z
    .strictObject({ run: count })
    .describe('Running code was told to stop, by a person or its caller.'),
  'outputs-refused': z
    .strictObject({
      cell: count,
      turn: count.optional(),
      helper: count.optional(),
      types: z.array(short).max(20).describe('MIME types of what was taken out'),
      outputs: count.describe('outputs left out beyond the bounds'),
      characters: count.describe('characters of text left out beyond the bounds'),
    })
    .describe('The output firewall kept something from the page.'),
  retention: z
    .strictObject({ removed: z.array(short).max(100).describe('names of the sessions') })
    .describe('Sessions older than `auditKeepDays` are about to be removed.'),
  validation: z
    .strictObject({
      turn: count.optional(),
      helper: count.optional(),
      code_sha256: sha256,
      decisions: z.array(decision).max(50),
      answered: z.boolean().optional().describe('what the person said where they were asked'),
      runs: z.boolean().describe('whether the block was then run'),
    })
    .describe('A helper asked for capabilities, and what was decided. Absent where it asked for none.'),
  connection: z
    .strictObject({
      host: short,
      port: z.int().min(1).max(65535),
      address: short.optional().describe('the address that the name stood for'),
      decision: z.enum(['allow', 'deny']),
      reason: short.optional().describe('why it was refused, or cut'),
      refusals: count
        .optional()
        .describe('connections refused in this session so far; beyond 1,000, each thousandth is recorded'),
      bytes_in: count,
      bytes_out: count,
      duration_ms: count,
    })
    .describe('Code has had a connection, or was refused one.'),
  'file-restored': z
    .strictObject({
      turn: count.optional(),
      helper: count.optional(),
      paths: z.array(path).max(50).describe('of the workspace; the first fifty'),
      files: count.describe('how many there were'),
    })
    .describe('A helper had changed files that are started by other programs; they were put back.'),
  limit: z
    .strictObject({
      limit: z.enum(['memory', 'cpu', 'disk', 'files']),
      used: z.number().nonnegative().describe('bytes, seconds or files'),
      allowed: z.number().nonnegative(),
    })
    .describe('All processes together, or the workspace, went over a limit; what ran was ended.'),
  'sandbox-changed': z
    .strictObject({
      profile: short,
      hosts: z.array(short).max(100).describe('that may be reached, as `host:port`'),
    })
    .describe('The person has set what code may do.'),
} as const;

export type AuditKind = keyof typeof auditKinds;
export type AuditData<K extends AuditKind> = z.infer<(typeof auditKinds)[K]>;

/** The version of every kind above. */
export const auditVersion = '1';

/** The name of a kind's schema. */
export const schemaId = (kind: AuditKind): string => `urn:replique:audit:${kind}`;

/** What every event has, whatever its kind and whichever version wrote it. */
export const auditEvent = z.looseObject({
  __timestamp__: z.iso.datetime().describe('when, in UTC'),
  __schema__: short.describe('`urn:replique:audit:` and the kind'),
  __schema_version__: short.describe('version of that kind'),
  __metadata_version__: z.literal(1).describe('version of these keys'),
  session: short.describe('the kernel’s session, as in its messages'),
  user: short.describe('the account that it runs as'),
  __sequence__: z.int().min(1).describe('number of the event in its session, from 1, over all files'),
  __previous__: sha256.describe('`__hash__` of the event before; zeros for the first'),
  __hash__: sha256.describe('SHA-256 of the line’s bytes before `,"__hash__"`'),
});
export type AuditEvent = z.infer<typeof auditEvent>;

/** What was found of one session: `interrupted` is a kernel that was killed while it wrote. */
const verdict = z.strictObject({
  name: short,
  status: z.enum(['intact', 'interrupted', 'broken']),
  events: count,
  files: count,
  /** It had its `session-end`. */
  ended: z.boolean(),
  /** For all but `intact`: what is wrong, and where. */
  problem: z.string().optional(),
});
export type AuditVerdict = z.infer<typeof verdict>;

/** What `kernel.js audit …` says on stdout, one JSON object a line. */
export const auditLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('verdict'), verdict }),
  z.object({ type: z.literal('event'), event: auditEvent }),
  z.object({ type: z.literal('unreadable'), name: short }),
  z.object({ type: z.literal('done'), directory: path }),
]);
export type AuditLine = z.infer<typeof auditLine>;
