import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';

/** What making and removing groups needs of the filesystem; a double of it stands where there is no real one. */
export interface CgroupFiles {
  makeDirectory(path: string): void;
  /** Writes to a file of a group, which the system has made. */
  write(path: string, text: string): void;
  removeDirectory(path: string): void;
}

export const realFiles: CgroupFiles = {
  makeDirectory: (path) => mkdirSync(path),
  write: (path, text) => writeFileSync(path, text, { flag: 'r+' }),
  removeDirectory: (path) => rmdirSync(path),
};
