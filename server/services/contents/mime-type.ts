import mime from 'mime';

/** Programs that are no videos, and Python's own, which IANA's list does not have; archives that are two things at once. */
const known: Readonly<Record<string, string>> = {
  py: 'text/x-python',
  ts: 'text/plain',
  mts: 'text/plain',
  c: 'text/plain',
  h: 'text/plain',
  tgz: 'application/x-tar',
  tbz2: 'application/x-tar',
  txz: 'application/x-tar',
};

/**
 * The MIME type that a name tells of, below a compression; `null` where it tells none, and for notebooks, which have a type of
 * their own.
 */
export function mimeTypeOf(name: string): string | null {
  const inner = name.replace(/\.(?:gz|bz2|xz|br|Z)$/, '');
  const extension = /.\.([^.]+)$/.exec(inner)?.[1]?.toLowerCase();
  if (extension === undefined || extension === 'ipynb') return null;
  return known[extension] ?? mime.getType(extension);
}
