import { HttpError } from '../../http/errors.ts';

/** More than Linux takes in one call, which is 4,096 bytes with the root's path. */
const longest = 4096;

/** A path of the API: segments below the root, none of which leads upwards. */
export interface ApiPath {
  /** The segments between slashes; empty for the root. */
  readonly text: string;
  readonly segments: readonly string[];
  /** Of the last segment; empty for the root. */
  readonly name: string;
  /** Whether a segment begins with a dot. */
  readonly isHidden: boolean;
}

/**
 * Reads a path that a client sent, decoded. A backslash is a letter like others here, as it is in Linux.
 * @throws HttpError 404 for what can't name a file below the root: `..`, `.`, NUL, half a surrogate pair, too long
 */
export function parseApiPath(path: string): ApiPath {
  const segments = path.split('/').filter((segment) => segment !== '');
  const outside = segments.some((segment) => segment === '..' || segment === '.');
  if (outside) throw new HttpError(404, `${shown(path)} is outside root contents directory`);
  if (path.length > longest || path.includes('\0') || /\p{Surrogate}/u.test(path)) {
    throw new HttpError(404, `${shown(path)} is not a valid path`);
  }
  return fromSegments(segments);
}

export const childPath = ({ segments }: ApiPath, name: string): ApiPath => fromSegments([...segments, name]);

/** Whether `inner` lies in `outer` or is the same. */
export const isWithin = (inner: ApiPath, outer: ApiPath): boolean =>
  outer.segments.every((segment, index) => inner.segments[index] === segment);

const fromSegments = (segments: readonly string[]): ApiPath => ({
  text: segments.join('/'),
  segments,
  name: segments.at(-1) ?? '',
  isHidden: segments.some((segment) => segment.startsWith('.')),
});

/** For a sentence: quoted, in bounds. */
const shown = (path: string): string => JSON.stringify(path.slice(0, 200));
