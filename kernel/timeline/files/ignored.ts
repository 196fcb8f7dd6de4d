import { randomBytes } from 'node:crypto';

/** A file that is being written for a `move`. */
export const draftForm = /^\.replique-rewind-[0-9a-f]{16}$/;

export const newDraft = (): string => `.replique-rewind-${randomBytes(8).toString('hex')}`;

const names = new Set(['.git', '.ipynb_checkpoints']);
/** What outputs of a notebook, which is never rewound, point at. */
const outputs = 'replique-outputs';

/**
 * Whether an entry of the workspace is nobody's here, with all that it holds.
 * @param parent the path of its directory; empty for the workspace
 */
export function isIgnored(parent: string, name: string): boolean {
  const plain = name.toLowerCase();
  return (
    names.has(plain) ||
    plain.endsWith('.ipynb') ||
    draftForm.test(name) ||
    (parent === '' && plain === outputs)
  );
}

/** Characters of a path that is recorded. */
export const mostPath = 4096;

/** Whether a path is one that a scan can have found. */
export function isOurs(path: string): boolean {
  if (path.length > mostPath || path.includes('\0')) return false;
  const parts = path.split('/');
  return parts.every(
    (name, at) => name !== '' && name !== '.' && name !== '..' && !isIgnored(at === 0 ? '' : '/', name),
  );
}
