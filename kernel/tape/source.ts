import { statSync } from 'node:fs';
import { repliqueError } from '../errors.ts';
import { readRegularFile } from '../files.ts';
import { readNotebook, type Notebook } from './notebook.ts';
import { Tape } from './tape.ts';

/** A notebook beyond this is not read for its settings, only as a tape. */
const mostForSettings = 32 * 2 ** 20;
const mayHaveSettings = /"tape"\s*:|replique:(?:replay|verify|live|record)/;

/** The notebook that is a session's tape: read when it is needed, and once. */
export class TapeSource {
  readonly #file: string | undefined;
  #tape: Tape | undefined;
  #settings: { readonly stamp: string; readonly notebook: Notebook | undefined } | undefined;

  /** @param file its path; absent: no client has said which it is */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  get file(): string | undefined {
    return this.#file;
  }

  /** @throws RepliqueError TAPE_MISSING, TAPE_UNUSABLE */
  tape(): Tape {
    if (this.#file === undefined) throw repliqueError('TAPE_MISSING', undefined);
    if (this.#tape !== undefined) return this.#tape;
    const tape = new Tape(readNotebook(this.#file));
    const { kernel } = tape.notebook;
    const isForeign = kernel !== undefined && !kernel.startsWith('replique');
    if (isForeign && tape.cells.every(({ recording }) => recording === undefined)) {
      const problem = `it was made with another kernel (${kernel}), and no turn of a model is in it`;
      const remedy = 'Run it with Replique first: `npx replique run NOTEBOOK --output TAPE`.';
      throw repliqueError('TAPE_UNUSABLE', { file: this.#file, problem, remedy });
    }
    this.#tape = tape;
    return tape;
  }

  /** The tape is read anew when it is needed next. */
  forget(): void {
    this.#tape = undefined;
  }

  /** The notebook where it says how it is to be played, as it is now on the disk. */
  settings(): Notebook | undefined {
    if (this.#file === undefined) return undefined;
    if (this.#tape !== undefined) return this.#tape.notebook;
    try {
      const { mtimeMs, size } = statSync(this.#file);
      const stamp = `${mtimeMs} ${size}`;
      if (this.#settings?.stamp !== stamp) {
        this.#settings = { stamp, notebook: this.#readSettings(this.#file) };
      }
      return this.#settings.notebook;
    } catch {
      return undefined;
    }
  }

  #readSettings(file: string): Notebook | undefined {
    if (!mayHaveSettings.test(readRegularFile(file, mostForSettings))) return undefined;
    return readNotebook(file);
  }
}
