import mime from 'mime';

/** Programs that are no videos, and Python's own, which IANA's list does not have. */
const programs: Readonly<Record<string, string>> = {
  py: 'text/x-python',
  ts: 'text/plain',
  mts: 'text/plain',
  c: 'text/plain',
  h: 'text/plain',
};

/** The MIME type that a name tells of; `null` where it tells none. */
export function mimeTypeOf(name: string): string | null {
  const extension = /.\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  if (extension === undefined) return null;
  return programs[extension] ?? mime.getType(extension);
}
