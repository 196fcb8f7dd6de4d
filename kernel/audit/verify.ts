import { auditEvent, schemaId, type AuditEvent, type AuditVerdict } from '../protocol/audit.ts';
import { beginning, plain, unseal, type Digest } from './chain.ts';
import {
  linesOf,
  listSessions,
  partFile,
  readHead,
  sessionOf,
  type Head,
  type Line,
  type SessionFiles,
} from './files.ts';

/** Where a session stood when another began: the other's word for it. */
export interface Checkpoint {
  readonly events: number;
  readonly hash: string;
}

export interface VerifyOptions {
  /** What later sessions say of it. */
  readonly checkpoints?: readonly Checkpoint[];
  /** Its files, as they were listed a while ago; absent: they are listed now. */
  readonly files?: SessionFiles;
  /** Called with each event that the head confirms; again from the first where the session has moved on. */
  readonly onEvent?: (event: AuditEvent) => void;
}

/** What reading a session's lines has come to. */
interface Chain {
  readonly events: number;
  readonly hash: string;
  readonly ended: boolean;
  /** The last line has no end. */
  readonly torn: boolean;
}

const attempts = 5;

/**
 * Checks one session: every line, the chain from the first to the last over all parts, and its end against the head.
 * @param digest made with this installation's key
 */
export function verifySession(
  directory: string,
  name: string,
  digest: Digest,
  options: VerifyOptions = {},
): AuditVerdict {
  let { files } = options;
  for (let attempt = 1; ; attempt += 1) {
    const head = readHead(directory, name, digest);
    let later: Head | undefined;
    const verdict = verifyOnce(
      directory,
      files ?? filesOf(directory, name),
      head,
      () => (later = readHead(directory, name, digest)),
      options,
    );
    // A session that is being written has moved on meanwhile, or since its files were listed.
    const moved = later?.hash !== head?.hash || files !== undefined;
    if (verdict.status === 'intact' || !moved || attempt === attempts) return verdict;
    files = undefined;
  }
}

const filesOf = (directory: string, name: string): SessionFiles =>
  listSessions(directory).find((session) => session.name === name) ?? { name, parts: [] };

function verifyOnce(
  directory: string,
  files: SessionFiles,
  head: Head | undefined,
  headAfter: () => Head | undefined,
  { checkpoints = [], onEvent }: VerifyOptions,
): AuditVerdict {
  const chain: Chain = { events: 0, hash: beginning, ended: false, torn: false };
  const found = { name: files.name, events: 0, files: files.parts.length, ended: false };
  try {
    const read = readChain(directory, files, chain, (event) => {
      found.events = event.__sequence__;
      checkAgainst(event, head, checkpoints);
      if (event.__sequence__ <= (head?.events ?? 0)) onEvent?.(event);
    });
    found.ended = read.ended;
    const later = headAfter();
    checkEnd(read, head, later, files.parts, checkpoints);
    const problem = interruption(read, later?.events ?? 0);
    return problem === undefined
      ? { ...found, status: 'intact' }
      : { ...found, status: 'interrupted', problem };
  } catch (error) {
    const problem = (error as Error).message;
    return { ...found, status: 'broken', problem };
  }
}

/** Follows the chain through all parts. */
function readChain(
  directory: string,
  { name, parts }: SessionFiles,
  start: Chain,
  onEvent: (event: AuditEvent) => void,
): Chain {
  let chain = start;
  for (const [index, part] of parts.entries()) {
    if (part !== index + 1) throw new Error(`File ${index + 1} of it is missing.`);
    if (chain.torn) throw new Error(`File ${index} of it ends within a line, but is not the last.`);
    let number = 0;
    for (const { bytes, isWhole } of readable(partFile(directory, name, part), part)) {
      number += 1;
      if (!isWhole) {
        chain = { ...chain, torn: true };
        break;
      }
      const event = next(bytes, chain, name, `File ${part}, line ${number}`);
      onEvent(event);
      const ended = event.__schema__ === schemaId('session-end');
      chain = { events: event.__sequence__, hash: event.__hash__, ended, torn: false };
    }
  }
  return chain;
}

function* readable(file: string, part: number): Generator<Line> {
  try {
    yield* linesOf(file);
  } catch (error) {
    const why = (error as Error).message;
    throw new Error(`File ${part} of it can't be read: ${why}.`, { cause: error });
  }
}

function next(bytes: Buffer, chain: Chain, name: string, place: string): AuditEvent {
  const event = parseEvent(bytes);
  if (event === undefined) throw new Error(`${place} was changed.`);
  if (event.session !== sessionOf(name)) throw new Error(`${place} is of another session.`);
  if (event.__previous__ !== chain.hash || event.__sequence__ !== chain.events + 1) {
    throw new Error(`${place} does not follow the one before it: lines were removed, added or moved.`);
  }
  return event;
}

/** The event in a line; `undefined` where it is not as it was written. */
export function parseEvent(bytes: Buffer): AuditEvent | undefined {
  const parsed = auditEvent.safeParse(unseal(bytes, '__hash__', plain));
  return parsed.success ? parsed.data : undefined;
}

function checkAgainst(event: AuditEvent, head: Head | undefined, checkpoints: readonly Checkpoint[]): void {
  const marks = head ? [head, ...checkpoints] : checkpoints;
  if (marks.some(({ events, hash }) => events === event.__sequence__ && hash !== event.__hash__)) {
    throw new Error(`Event ${event.__sequence__} is not the one that was written: the chain was made anew.`);
  }
}

/**
 * @param head as it was before the lines were read: they reach at least so far
 * @param later as it was after that: they reach no further, but for one event that was being written
 */
function checkEnd(
  chain: Chain,
  head: Head | undefined,
  later: Head | undefined,
  parts: readonly number[],
  checkpoints: readonly Checkpoint[],
): void {
  if (head === undefined || later === undefined) {
    throw new Error('Its head file is missing, was changed, or was written with another key.');
  }
  const wanted = Math.max(head.events, ...checkpoints.map(({ events }) => events));
  if (chain.events < wanted)
    throw new Error(`Events ${chain.events + 1} to ${wanted} are missing at its end.`);
  if (parts.length < head.part && head.events > 0) throw new Error(`File ${head.part} of it is missing.`);
  const unconfirmed = chain.events - later.events + (chain.torn ? 1 : 0);
  if (unconfirmed > 1 || parts.length > later.part + 1) {
    throw new Error(`What follows event ${later.events} was added: its head does not know it.`);
  }
  if (chain.events === later.events && chain.hash !== later.hash) {
    throw new Error(`Event ${chain.events} is not the one that was written: the chain was made anew.`);
  }
  if (unconfirmed === 1 && later.ended) throw new Error('Something was added after its end.');
}

/** What a kernel that was killed left half done. */
function interruption({ torn, events }: Chain, confirmed: number): string | undefined {
  if (torn)
    return `Its last line, after event ${events}, is only half there: the kernel ended while it wrote it.`;
  if (events <= confirmed) return undefined;
  return `Its last event, ${events}, is not confirmed by its head: the kernel ended before it could, or it was added.`;
}
