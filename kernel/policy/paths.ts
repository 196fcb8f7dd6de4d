/** Where the sandbox can be written. */
const writable = [
  '/workspace',
  '/tmp',
  '/dev/shm',
  '/dev/null',
  '/dev/stdout',
  '/dev/stderr',
  '/dev/tty',
  '/home/user',
];

/** Whether a path that stands in code leads out of where the sandbox can be written. */
export function isOutside(path: string): boolean {
  const parts: string[] = [];
  if (path.startsWith('~') && !/^~(user)?(\/|$)/.test(path)) return true;
  if (!path.startsWith('/')) return /^(\.\/)*\.\.(\/|$)/.test(path);
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const plain = `/${parts.join('/')}`;
  return !writable.some((place) => plain === place || plain.startsWith(`${place}/`));
}
