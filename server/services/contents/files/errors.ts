import { HttpError } from '../../../http/errors.ts';

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;

/** Whether the system refused something with one of these codes of errno(3). */
export const failedWith = (error: unknown, ...codes: readonly string[]): boolean =>
  codes.some((code) => code === codeOf(error));

type Answer = (path: string) => HttpError;

const denied: Answer = (path) => new HttpError(403, `Permission denied: ${path}`);
const missing: Answer = (path) => new HttpError(404, `No such file or directory: ${path}`);
const full: Answer = (path) =>
  new HttpError(
    507,
    `The disk is full: ${path} was not changed. Make room on it and save again.`,
    'disk full',
  );
const busy: Answer = () =>
  new HttpError(503, 'Too many files are open in the server. Try again in a moment.', 'too many open files');

/** By codes of errno(3). */
const answers: Readonly<Record<string, Answer>> = {
  EACCES: denied,
  EPERM: denied,
  EROFS: denied,
  ENOENT: missing,
  ENOTDIR: missing,
  ELOOP: missing,
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: full,
  EMFILE: busy,
  ENFILE: busy,
  EEXIST: (path) => new HttpError(409, `File already exists: ${path}`),
  ENOTEMPTY: (path) => new HttpError(409, `Directory not empty: ${path}`),
  ENAMETOOLONG: (path) =>
    new HttpError(400, `The name is too long: ${path}. Choose one of at most 255 bytes.`),
  EISDIR: (path) => new HttpError(400, `${path} is a directory, not a file`, 'bad type'),
  EBUSY: (path) => new HttpError(409, `${path} is in use by the system and can't be replaced.`, 'in use'),
  ENXIO: (path) => new HttpError(400, `${path} is not a regular file`, 'bad type'),
};

/** What the system says of a file, as an answer to the client; anything else is passed on as it is. */
function answerOf(error: unknown, path: string): unknown {
  return answers[String(codeOf(error))]?.(path) ?? error;
}

/**
 * Does something with files of a path that a client named.
 * @throws HttpError for what the system refuses
 */
export async function answering<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw answerOf(error, path);
  }
}
