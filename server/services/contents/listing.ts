import { accessSync, constants, lstatSync, type Stats } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { childPath, type ApiPath } from './api-path.ts';
import { modelOf, typeOf, type ContentsModel, type ContentsType } from './model.ts';
import type { Folder } from './files/folder.ts';
import type { Root } from './files/root.ts';

/** Entries that are looked at in one go; other requests come in between. */
const batch = 200;
/** More names in one directory than a client can show are not listed. */
const mostEntries = 100_000;

/** What nobody wants to see in a listing, after jupyter_server's `hide_globs`. */
const hidden = /^__pycache__$|\.py[co]$|^\.DS_Store$|~$/;

export interface ListingOptions {
  readonly path: ApiPath;
  readonly allowHidden: boolean;
  /** For links, which are followed as far as they stay below it. */
  readonly root: Root;
}

/** Models of what is in a directory: no pipes or devices, and no links that lead nowhere or outside. */
export async function list(folder: Folder, options: ListingOptions): Promise<ContentsModel[]> {
  const names = (await folder.names()).filter((name) => options.allowHidden || !name.startsWith('.'));
  const models: ContentsModel[] = [];
  const shown = names.filter((name) => !hidden.test(name)).slice(0, mostEntries);
  for (let start = 0; start < shown.length; start += batch) {
    if (start > 0) await setImmediate();
    for (const name of shown.slice(start, start + batch)) {
      const model = await entryModel(folder, name, options);
      if (model !== undefined) models.push(model);
    }
  }
  return models;
}

async function entryModel(
  folder: Folder,
  name: string,
  { path, root, allowHidden }: ListingOptions,
): Promise<ContentsModel | undefined> {
  const place = folder.at(name);
  const status = entryStatus(place);
  if (status === undefined) return undefined;
  const child = childPath(path, name);
  if (!status.isSymbolicLink()) {
    const type = contentsType(name, status);
    const isShut = status.isDirectory() && !may(place, constants.R_OK | constants.X_OK);
    if (type === undefined || (isShut && !allowHidden)) return undefined;
    return modelOf(child, status, { type, writable: may(place, constants.W_OK) });
  }
  try {
    return await root.at({ segments: child.segments, follow: true }, (target) => {
      const type = target.status && contentsType(name, target.status);
      const writable = type !== undefined && may(target.folder.at(target.name), constants.W_OK);
      return Promise.resolve(type && modelOf(child, target.status, { type, writable }));
    });
  } catch {
    return undefined;
  }
}

/** What an entry is for clients; `undefined` for pipes and devices. */
function contentsType(name: string, status: Stats): ContentsType | undefined {
  if (status.isDirectory()) return 'directory';
  return status.isFile() ? typeOf(name) : undefined;
}

/** It may have gone since its name was read. */
function entryStatus(place: string): Stats | undefined {
  try {
    return lstatSync(place, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether this process may do that with a file. */
export function may(place: string, mode: number): boolean {
  try {
    accessSync(place, mode);
    return true;
  } catch {
    return false;
  }
}
