import { lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile } from '../../files.ts';
import { stillRuns } from '../../processes.ts';
import type { PutBack, UnfinishedFile } from '../files/contract.ts';
import { createFileHistory } from '../files/history.ts';
import { objectsDir, readTimeline } from '../journal/journal.ts';
import type { Told } from '../journal/reading.ts';
import { listed, kept } from '../words.ts';
import { mostRecordBytes, recordSchema, recordsDir, type MoveRecord } from './schema.ts';

/** No record is written for so long. */
const staleMs = 60_000;

export interface RecoverOptions {
  /** Of all sessions' timelines. */
  readonly directory: string;
  readonly workspace: string;
  /** Where files are kept that are replaced, and are no state that is known. */
  readonly asideIn: string;
  readonly log: (line: string) => void;
}

/**
 * Puts the files of a workspace back as they were where a kernel was killed while it moved them. Must come before anything
 * else looks at them.
 * @returns sentences for the reader. Never rejects
 */
export async function recoverFiles(options: RecoverOptions): Promise<readonly string[]> {
  const { directory, workspace, log } = options;
  const said: string[] = [];
  for (const name of namesIn(join(directory, recordsDir))) {
    const file = join(directory, recordsDir, name);
    try {
      if (name.endsWith('.draft')) removeStale(file);
      const record = name.endsWith('.json') ? read(file, log) : undefined;
      if (record?.workspace !== workspace || stillRuns(record.process)) continue;
      said.push(...(await recover(record, options)));
      rmSync(file, { force: true });
    } catch (error) {
      log(`Files could not be put back after a kill: ${String(error)}`);
    }
  }
  return said;
}

async function recover(
  { session, to, reruns, files }: MoveRecord,
  { directory, workspace, asideIn }: RecoverOptions,
): Promise<readonly string[]> {
  const told = readTimeline(directory, session);
  const isTold = told !== undefined && !('problem' in told);
  if (isTold && to !== undefined && told.standing.head === to) return [];
  const objects = objectsDir(directory, session);
  const known = isTold && reruns ? withStates(files, told) : files;
  const aside = reruns ? join(asideIn, session) : undefined;
  return sentences(await createFileHistory({ workspace, objects }).putBack(known, aside), aside);
}

/** Code that runs again may have come to any state that it had come to before. */
function withStates(files: readonly UnfinishedFile[], { nodes }: Told): readonly UnfinishedFile[] {
  const states = new Map<string, Set<string>>(files.map(({ path, ours }) => [path, new Set(ours)]));
  for (const { files: changed } of nodes)
    for (const { path, before, after } of changed?.delta ?? [])
      for (const entry of [before, after]) if (entry) states.get(path)?.add(entry.hash);
  return files.map((file) => ({ ...file, ours: [...(states.get(file.path) ?? [])] }));
}

function sentences({ back, aside, left }: PutBack, asideIn: string | undefined): readonly string[] {
  const notKept = kept(left);
  return [
    ...(back.length === 0
      ? []
      : [`The kernel was killed while it moved files. As before are ${listed(back)} again.`]),
    ...(aside.length === 0 || asideIn === undefined
      ? []
      : [`What was in ${listed(aside)} instead is kept in ${asideIn}.`]),
    ...(notKept === undefined ? [] : [notKept]),
  ];
}

/** One that can't be used is set aside. */
function read(file: string, log: (line: string) => void): MoveRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readRegularFile(file, mostRecordBytes)));
  } catch (error) {
    log(`The record of a move can’t be used, and is set aside as ${file}.broken: ${String(error)}`);
    renameSync(file, `${file}.broken`);
    return undefined;
  }
}

function removeStale(file: string): void {
  const status = lstatSync(file, { throwIfNoEntry: false });
  if (status && Date.now() - status.mtimeMs > staleMs) rmSync(file, { force: true });
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
