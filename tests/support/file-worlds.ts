import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../fuzz/random.ts';

/** All that lies below a directory: `path` → `file 644 CONTENT`, `link TARGET`, `directory 755`. */
export function pictureOf(root: string): Map<string, string> {
  const picture = new Map<string, string>();
  const look = (parent: string): void => {
    for (const name of readdirSync(join(root, parent)).sort()) {
      const path = join(parent, name);
      const full = join(root, path);
      const status = lstatSync(full);
      const mode = (status.mode & 0o777).toString(8);
      if (status.isSymbolicLink()) picture.set(path, `link ${readlinkSync(full)}`);
      else if (status.isDirectory()) picture.set(path, `directory ${mode}`);
      else if (status.isFile()) picture.set(path, `file ${mode} ${readFileSync(full, 'latin1')}`);
      else picture.set(path, 'special');
      if (status.isDirectory()) look(path);
    }
  };
  look('');
  return picture;
}

const names = ['a', 'b', 'c.txt', 'd', 'e f', 'ü\n'];

/** Does to the files of a directory what programs do. What can't be done is not. */
export class FileWorld {
  readonly #root: string;
  readonly #random: Random;
  #contents = 0;

  constructor(root: string, random: Random) {
    this.#root = root;
    this.#random = random;
  }

  /** @param who begins each content, which is another one each time */
  act(who: string): void {
    try {
      this.#random.pick(this.#acts)(who);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }

  #path(): string {
    const depth = 1 + this.#random.below(3);
    return join(this.#root, ...Array.from({ length: depth }, () => this.#random.pick(names)));
  }

  /** Of something that is there, most of the time. */
  #old(): string {
    const there = [...pictureOf(this.#root).keys()];
    return there.length === 0 ? this.#path() : join(this.#root, this.#random.pick(there));
  }

  #content(who: string): string {
    this.#contents += 1;
    return `${who}-${this.#contents};`.repeat(1 + this.#random.below(3));
  }

  readonly #acts: readonly ((who: string) => void)[] = [
    (who) => writeFileSync(this.#path(), this.#content(who)),
    (who) => writeFileSync(this.#path(), this.#content(who)),
    (who) => writeFileSync(this.#old(), this.#content(who)),
    (who) => appendFileSync(this.#old(), this.#content(who)),
    () => truncateSync(this.#old(), this.#random.below(6)),
    () => mkdirSync(this.#path()),
    () => mkdirSync(this.#path()),
    () => rmdirSync(this.#old()),
    () => unlinkSync(this.#old()),
    () => rmSync(this.#old(), { recursive: true }),
    () => renameSync(this.#old(), this.#path()),
    () => renameSync(this.#old(), this.#old()),
    () => this.#chmod(),
    () => symlinkSync(this.#random.pick(['a', '../b', '/no/such/place', 'nowhere']), this.#path()),
    () => linkSync(this.#old(), this.#path()),
    (who) => this.#replace((path) => writeFileSync(path, this.#content(who))),
    () => this.#replace((path) => mkdirSync(path)),
    () => this.#replace((path) => symlinkSync('c.txt', path)),
    (who) => writeFileSync(join(this.#root, 'notebook.ipynb'), this.#content(who)),
  ];

  #chmod(): void {
    const path = this.#old();
    const status = lstatSync(path);
    if (status.isSymbolicLink()) return;
    chmodSync(
      path,
      this.#random.pick(status.isDirectory() ? [0o755, 0o700, 0o775] : [0o644, 0o600, 0o755, 0o444]),
    );
  }

  #replace(by: (path: string) => void): void {
    const path = this.#old();
    rmSync(path, { recursive: true });
    by(path);
  }
}
