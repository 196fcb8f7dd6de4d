import { basename, dirname, isAbsolute, relative } from 'node:path';
import { imageOf } from '../../loop/images.ts';
import { Directory, walk } from '../../sandbox/files/directory.ts';
import { excerptOf, type Excerpt } from '../../sandbox/files/excerpt.ts';
import { openPlace } from '../../sandbox/files/place.ts';
import { humanSize, visibleName } from '../../sandbox/files/words.ts';
import type { Found, GivenRoom, ReferenceSources, View } from './contract.ts';
import { folderView } from './folder-view.ts';
import { decoderOf, kindOf, pixelsOf } from './kinds.ts';
import { nearest } from '../../near.ts';
import type { Reference } from './parse.ts';
import { jsonView, notebookView } from './structure-views.ts';
import { tableView, textView, type TextFile } from './text-views.ts';

const mostCounted = 32 * 2 ** 20;
/** Of a file whose beginning says little; of others so much is read. */
const mostWhole = 4 * 2 ** 20;
const headBytes = 64 * 1024;
const tailBytes = 16 * 1024;
const readWhole = /\.(?:json|geojson|ipynb|png|jpe?g)$/i;
const mostLookedThrough = 2000;

/** What an `@path` names in the workspace. Never rejects. */
export async function readFileReference(
  ...[reference, sources, room]: Parameters<typeof readPlace>
): Promise<Found> {
  try {
    return await readPlace(reference, sources, room);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `${reference.written} can’t be read: ${why}` };
  }
}

async function readPlace(
  { written, path, isSure }: Extract<Reference, { kind: 'file' }>,
  { workspace }: Pick<ReferenceSources, 'workspace'>,
  room: GivenRoom,
): Promise<Found> {
  const place = await openPlace(workspace, path);
  const inside = isAbsolute(path) ? relative(workspace, path) : path;
  switch (place.kind) {
    case 'missing':
      return isSure ? missing(written, path, workspace) : undefined;
    case 'refused':
      return { problem: `${written} ${place.why}.` };
    case 'folder':
      try {
        return named(await folderView(place.folder), 'folder', inside);
      } finally {
        await place.folder.close();
      }
    case 'file':
      try {
        const head = readWhole.test(path) ? mostWhole : headBytes;
        const bounds = { head, tail: tailBytes, count: mostCounted };
        const excerpt = (await excerptOf(place.handle, bounds)) ?? (await excerptOf(place.handle, bounds));
        if (excerpt === undefined) return { problem: `${written} changes while it is read: try again.` };
        return { ...named(viewOf(excerpt, path, room), 'file', inside), ...heldBy(inside, excerpt) };
      } finally {
        await place.handle.close();
      }
  }
}

const heldBy = (path: string, { sha256 }: Excerpt): Pick<View, 'file'> =>
  sha256 === undefined ? {} : { file: { path, sha256 } };

const named = (view: View, kind: 'file' | 'folder', path: string): View => ({
  ...view,
  title: `the ${kind} ${JSON.stringify(path)} in the current directory: ${view.title}`,
});

function viewOf(excerpt: Excerpt, path: string, room: GivenRoom): View {
  const decode = decoderOf(excerpt.head);
  if (decode === undefined) return binaryView(excerpt, room);
  const file: TextFile = {
    ...{ excerpt, room: room.chars },
    head: decode(excerpt.head),
    tail: decode(excerpt.tail),
  };
  if (/\.(?:csv|tsv|tab)$/i.test(path)) return tableView(file);
  if (/\.(?:json|geojson)$/i.test(path)) return jsonView(file);
  return path.toLowerCase().endsWith('.ipynb') ? notebookView(file) : textView(file);
}

function binaryView({ head, size }: Excerpt, { sees }: GivenRoom): View {
  const pixels = pixelsOf(head);
  const kind = [kindOf(head), ...(pixels === undefined ? [] : [pixels]), humanSize(size)].join(', ');
  if (!/ image,/.test(kind)) return { what: kind, title: kind, text: '(not text: nothing of it is shown)' };
  const data = size === head.length ? head.toString('base64') : '';
  const image = imageOf({ 'image/png': data, 'image/jpeg': data });
  if (image === undefined) {
    return {
      what: `${kind}; not shown to the model: not a PNG or JPEG of at most 1.5 MB`,
      title: kind,
      text: '(you are not shown it)',
    };
  }
  if (!sees) {
    return { what: `${kind}; the model can’t see images`, title: kind, text: '(you can’t see images)' };
  }
  return { what: kind, title: kind, text: '(the image goes with this message)', image };
}

async function missing(written: string, path: string, workspace: string): Promise<Found> {
  const near = await filesNear(path, workspace);
  const names = near.map((name) => (/\s/.test(name) ? `@"${name}"` : `@${name}`)).join(', ');
  return { problem: `There is no ${written} in the workspace${names === '' ? '' : `; near: ${names}`}.` };
}

/** Files and folders of the same name elsewhere, then of nearly the same. */
async function filesNear(path: string, workspace: string): Promise<readonly string[]> {
  const root = await Directory.open(workspace).catch(() => undefined);
  if (root === undefined) return [];
  const paths: string[] = [];
  try {
    for await (const { path: each } of walk(root, { depth: 3, entries: mostLookedThrough })) {
      if (visibleName(each) === each) paths.push(each);
    }
  } catch {
    // What can't be read is not near.
  } finally {
    await root.close();
  }
  const same = paths.filter((each) => basename(each) === basename(path));
  const folder = dirname(path);
  const beside = paths.filter((each) => dirname(each) === folder).map((each) => basename(each));
  const alike = nearest(basename(path), beside).map((name) => (folder === '.' ? name : `${folder}/${name}`));
  return [...same, ...alike].slice(0, 3);
}
