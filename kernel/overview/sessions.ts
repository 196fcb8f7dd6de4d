import { closeSync, constants, fstatSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { sessionsDir } from '../paths.ts';
import { stillRuns } from '../processes.ts';
import { savedSchema } from '../session/schema.ts';

/** How a session stands: it runs, was ended, was started afresh, or its kernel is gone without a word. */
export type SessionState = 'running' | 'ended' | 'restarted' | 'lost';

/** A session as its file tells, without what was said in it. */
export interface SessionEntry {
  readonly session: string;
  readonly notebook: string | undefined;
  readonly state: SessionState;
  /** When its last step was saved, ISO 8601 in UTC. */
  readonly at: string;
  readonly prompts: number;
  /** `provider:model`; absent where nobody was asked. */
  readonly model: string | undefined;
  /** How its first prompt begins. */
  readonly title: string;
}

const about = savedSchema.omit({ talk: true });
const mostHeadBytes = 64 * 1024;
const mostFiles = 1000;

/**
 * The saved sessions of a user, the last first. Of a file only its beginning is read: what was said comes last in it. Files that are
 * not as they were written are left out.
 */
export function listSessions(most: number, directory = sessionsDir()): readonly SessionEntry[] {
  return filesIn(directory)
    .slice(0, most)
    .flatMap((file) => entryOf(file) ?? [])
    .toSorted((a, b) => (a.at < b.at ? 1 : -1));
}

/** One of them; `undefined` where there is none of that id. */
export function findSession(session: string, directory = sessionsDir()): SessionEntry | undefined {
  const file = filesIn(directory).find((each) => each.endsWith(`-${session}.json`));
  const entry = file === undefined ? undefined : entryOf(file);
  return entry?.session === session ? entry : undefined;
}

/** Their files, the last written first. */
function filesIn(directory: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(directory).filter((name) =>
      /^[0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f-]{36}\.json$/.test(name),
    );
  } catch {
    return [];
  }
  return names
    .map((name) => join(directory, name))
    .map((file) => ({ file, ms: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, mostFiles)
    .map(({ file }) => file);
}

function entryOf(file: string): SessionEntry | undefined {
  const head = beginningOf(file);
  const end = head?.indexOf(',"talk":') ?? -1;
  if (head === undefined || end < 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(`${head.slice(0, end)}}`);
  } catch {
    return undefined;
  }
  const parsed = about.safeParse(value);
  if (!parsed.success) return undefined;
  const { session, notebook, at, prompts, model, title } = parsed.data;
  const asked = model && `${model.provider}:${model.model}`;
  return { session, notebook, at, prompts, title, model: asked, state: stateOf(parsed.data) };
}

function stateOf({ ended, process }: z.infer<typeof about>): SessionState {
  if (ended !== undefined) return ended === 'end' ? 'ended' : 'restarted';
  return stillRuns(process) ? 'running' : 'lost';
}

/** The beginning of a regular file that is no link. */
function beginningOf(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    if (!fstatSync(descriptor).isFile()) return undefined;
    const bytes = Buffer.alloc(mostHeadBytes);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, mostHeadBytes, 0));
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}
