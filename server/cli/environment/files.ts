import { z } from 'zod';
import type { Difference } from '../../../kernel/environment/compare.ts';
import { excerptOf } from '../../../kernel/sandbox/files/excerpt.ts';
import { openPlace } from '../../../kernel/sandbox/files/place.ts';
import { isDisplay, outputsOf } from '../notebook/outputs.ts';
import type { NotebookFile } from '../notebook/read.ts';

/** Files that are looked at. */
const mostFiles = 200;

/** Bytes that a file may have whose hash is recorded. */
const mostBytes = 32 * 2 ** 20;

/** As long as it may take to look at all of them; the rest is not told. */
const mostMs = 10_000;

const file = z.looseObject({ path: z.string(), sha256: z.string() });

const read = z.looseObject({
  replique: z.looseObject({
    references: z.array(z.looseObject({ file: file.optional().catch(undefined) })).optional(),
    files: z.array(file).optional(),
  }),
});

/**
 * The files that went with prompts, or that code read, and are not what they were when each first was.
 * @param workspace the folder that the code works in
 */
export async function changedFiles(
  { notebook }: NotebookFile,
  workspace: string,
): Promise<readonly Difference[]> {
  const recorded = new Map<string, string>();
  for (const output of notebook.cells.flatMap(outputsOf).filter(isDisplay)) {
    const { references = [], files = [] } = read.safeParse(output.metadata).data?.replique ?? {};
    for (const one of [...references.flatMap((reference) => reference.file ?? []), ...files]) {
      if (!recorded.has(one.path) && recorded.size < mostFiles) recorded.set(one.path, one.sha256);
    }
  }
  const until = performance.now() + mostMs;
  const changed: Difference[] = [];
  for (const [name, hash] of recorded) {
    if (performance.now() > until) break;
    const found = await hashOf(workspace, name);
    if (found === hash) continue;
    const values = { recorded: hash, ...(found !== undefined && { found }) };
    changed.push({ kind: 'file', name, isBinding: true, concerns: 'code', ...values });
  }
  return changed;
}

/** Undefined where it can't be read; `another` for one that is too large to be the same. */
async function hashOf(workspace: string, path: string): Promise<string | undefined> {
  const place = await openPlace(workspace, path).catch(() => undefined);
  if (place?.kind === 'folder') await place.folder.close();
  if (place?.kind !== 'file') return undefined;
  try {
    const excerpt = await excerptOf(place.handle, { head: 0, tail: 0, count: mostBytes });
    return excerpt?.sha256 ?? 'another';
  } catch {
    return undefined;
  } finally {
    await place.handle.close();
  }
}
