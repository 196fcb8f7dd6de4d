import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { repliqueError } from '../../../kernel/errors.ts';
import { notWritable } from '../../../kernel/files.ts';
import { hashPassword } from '../../http/access/password.ts';

const fewest = 8;

/**
 * Asks for a password (or reads it from a pipe) and writes its hash, for its owner alone.
 * @throws RepliqueError SERVER_REFUSED for one that is too short, NOT_WRITABLE
 */
export async function setPassword(file: string): Promise<void> {
  const password = await askHidden('New password: ');
  if (password.length < fewest) {
    throw repliqueError('SERVER_REFUSED', {
      sentence: `The password has fewer than ${fewest} characters.`,
      remedy: 'Choose a longer one.',
    });
  }
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, `${await hashPassword(password)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw notWritable(file, error as Error);
  }
}

/** A line of the terminal that is not shown. */
function askHidden(question: string): Promise<string> {
  const terminal = process.stdin.isTTY;
  if (terminal) process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal });
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('close', () => {
      if (terminal) process.stderr.write('\n');
      resolve('');
    });
  });
}
