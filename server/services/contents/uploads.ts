import { HttpError } from '../../http/errors.ts';
import type { ApiPath } from './api-path.ts';
import { Draft } from './files/drafts.ts';
import type { Place } from './files/root.ts';
import { modelOf, typeOf, type ContentsModel } from './model.ts';

const mostUploads = 64;
const idleMs = 600_000;

interface Upload {
  readonly place: Place;
  readonly draft: Draft;
  next: number;
  idle: NodeJS.Timeout;
}

/**
 * Files that come in pieces, numbered from 1; -1 is the last. They are gathered in a draft, so that the file is there when all
 * of it is, and what was there before stays until then.
 */
export class Uploads {
  readonly #running = new Map<string, Upload>();

  /**
   * Takes a piece.
   * @param locate finds the file's place; it is closed when the upload ends
   * @returns a model of what has come so far; `undefined` after the last piece
   * @throws HttpError 400 for a piece that is not the next one
   */
  async take(
    path: ApiPath,
    chunk: number,
    bytes: Buffer,
    locate: () => Promise<Place>,
  ): Promise<ContentsModel | undefined> {
    const upload = chunk === 1 ? await this.#begin(path, locate) : this.#running.get(path.text);
    if (upload === undefined || (chunk !== -1 && chunk !== upload.next)) {
      await this.#end(path.text);
      throw new HttpError(
        400,
        `The upload of ${path.text} can't go on: piece ${chunk} is not the next one. Upload it again.`,
        'bad chunk',
      );
    }
    try {
      await upload.draft.handle.writeFile(bytes);
      upload.next += 1;
      upload.idle.refresh();
      if (chunk !== -1) return await partModel(path, upload.draft);
      await upload.draft.finish(upload.place.name);
      await this.#end(path.text);
      return undefined;
    } catch (error) {
      await this.#end(path.text);
      throw error;
    }
  }

  /** Ends those that run; nothing of them is kept. */
  async close(): Promise<void> {
    for (const key of [...this.#running.keys()]) await this.#end(key);
  }

  async #begin(path: ApiPath, locate: () => Promise<Place>): Promise<Upload> {
    await this.#end(path.text);
    if (this.#running.size >= mostUploads) {
      throw new HttpError(503, `${mostUploads} uploads are running. Try again when one has ended.`);
    }
    const place = await locate();
    try {
      const { folder, name, status } = place;
      if (status !== undefined && !status.isFile())
        throw new HttpError(400, `${path.text} is no file`, 'bad type');
      const draft = await Draft.begin(folder, name, status);
      const idle = setTimeout(() => void this.#end(path.text), idleMs).unref();
      const upload = { place, draft, next: 1, idle };
      this.#running.set(path.text, upload);
      return upload;
    } catch (error) {
      await place.folder.close();
      throw error;
    }
  }

  async #end(key: string): Promise<void> {
    const upload = this.#running.get(key);
    if (upload === undefined) return;
    this.#running.delete(key);
    clearTimeout(upload.idle);
    await upload.draft.drop();
    await upload.place.folder.close();
  }
}

async function partModel(path: ApiPath, { handle }: Draft): Promise<ContentsModel> {
  return modelOf(path, await handle.stat(), { type: typeOf(path.name), writable: true });
}
