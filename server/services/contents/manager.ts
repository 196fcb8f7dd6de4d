import { HttpError } from '../../http/errors.ts';
import { childPath, parseApiPath, type ApiPath } from './api-path.ts';
import type { NewBody, SaveBody } from './bodies.ts';
import * as checkpoints from './checkpoints.ts';
import { contextOf, type ContentsContext, type ContentsEvent, type ContentsOptions } from './context.ts';
import { answering, codeOf } from './files/errors.ts';
import type { OpenFile } from './files/folder.ts';
import type { Place } from './files/root.ts';
import { PathLocks } from './locks.ts';
import { typeOf, type ContentsModel } from './model.ts';
import { firstFree, numbered, untitled } from './names.ts';
import { messageOf, noSuchFile, read, readNotebookFile, type GetOptions } from './read.ts';
import { copy, remove, rename } from './relocate.ts';
import { save, savedOf } from './save.ts';
import { settle } from './settle.ts';
import { bytesOf } from './text.ts';
import { allOutputs } from './trust.ts';
import { Uploads } from './uploads.ts';

export interface SavedModel {
  readonly model: ContentsModel;
  /** Whether there was no such file before. */
  readonly isNew: boolean;
}

/** A file that is served as it is. */
export interface OpenedFile extends OpenFile {
  readonly name: string;
}

const plain: GetOptions = { content: false, hash: false };

/** The files below one directory, as Jupyter's clients see and change them. Paths are of the API, decoded. */
export class ContentsManager {
  readonly #context: ContentsContext;
  readonly #locks = new PathLocks();
  readonly #uploads = new Uploads();
  readonly #options: ContentsOptions;

  constructor(options: ContentsOptions) {
    this.#context = contextOf(options);
    this.#options = options;
  }

  /** @throws HttpError 404, 400 */
  async get(path: string, options: GetOptions): Promise<ContentsModel> {
    const target = this.#visible(path, 404);
    if (options.content && this.#context.pending.isDue(target.text)) await this.settle(target.text);
    const model = await this.#read(target, options);
    this.#tell({ action: 'get', path: model.path });
    return model;
  }

  /** Puts what became of a notebook's cells into its file, where that can be done. Never rejects. */
  async settle(path: string): Promise<void> {
    try {
      const target = parseApiPath(path);
      await this.#locks.run(target.text, () =>
        this.#change(target, true, (place) => settle(place, target, this.#context)),
      );
    } catch (error) {
      this.#options.onUnsettled?.(path, error);
    }
  }

  /** Saves what a client sends to a path of its own choice: whole or not at all. @throws HttpError */
  async save(path: string, body: SaveBody): Promise<SavedModel> {
    const target = this.#visible(path, 400);
    if (body.path !== undefined && body.path !== null) this.#visible(body.path, 400);
    const chunk = body.chunk ?? undefined;
    const saved = await this.#locks.run(target.text, () =>
      chunk === undefined ? this.#saveWhole(target, body) : this.#saveChunk(target, body, chunk),
    );
    if (chunk === undefined || chunk === -1) this.#tell({ action: 'save', path: target.text });
    return saved;
  }

  /** Makes an empty file or directory in a directory, under a name of the server's choice. @throws HttpError */
  async create(path: string, { type, ext }: NewBody): Promise<ContentsModel> {
    const folder = this.#visible(path, 400);
    const extension = ext ?? '';
    if (/[/\0]/.test(extension)) throw new HttpError(400, 'An extension holds no slash');
    const made = type ?? (extension === '.ipynb' ? 'notebook' : 'file');
    const [base, insert] = untitled[made](extension);
    await this.#needDirectory(folder);
    return firstFree(numbered(base, insert), async (name) => {
      const child = childPath(folder, name);
      const { content, format, type } = savedOf({ type: made }, made, true);
      return this.#change(child, true, async (place) => {
        if (place.status !== undefined) return undefined;
        try {
          await save(place, child, { type, format, content }, { ...this.#context, isFree: true });
        } catch (error) {
          if (codeOf(error) === 'EEXIST') return undefined;
          throw error;
        }
        this.#tell({ action: 'save', path: child.text });
        return this.#read(child, plain);
      });
    });
  }

  /** Copies a file or directory into a directory, or a file to a path of its own. @throws HttpError */
  async copy(source: string, target: string): Promise<ContentsModel> {
    const [from, to] = [this.#visible(source, 400), this.#visible(target, 400)];
    const made = await this.#locks.run(to.text, () =>
      this.#at(from, true, (origin) =>
        this.#change(to, true, async (place) => {
          const into = place.status?.isDirectory() === true;
          if (origin.status?.isDirectory() === true && to.text.startsWith(`${from.text}/`)) {
            throw new HttpError(400, `${from.text} can't be copied into itself`);
          }
          if (!into && place.status !== undefined)
            throw new HttpError(409, `File already exists: ${to.text}`);
          const name = await copy(origin, place, from, into);
          return into ? childPath(to, name) : to;
        }),
      ),
    );
    this.#tell({ action: 'copy', path: made.text, source_path: from.text });
    return this.#read(made, plain);
  }

  /** @throws HttpError 404, 409 where there is something at the new path */
  async rename(path: string, newPath: string): Promise<ContentsModel> {
    const [from, to] = [this.#visible(path, 400), this.#visible(newPath, 400)];
    if (from.text === to.text) return this.#read(from, plain);
    await this.#locks.runBoth([from.text, to.text], () =>
      this.#change(from, false, (origin) =>
        this.#change(to, false, (place) => rename(origin, place, from, to)),
      ),
    );
    this.#context.pending.renamed(from.text, to.text);
    this.#tell({ action: 'rename', path: to.text, source_path: from.text });
    return this.#read(to, plain);
  }

  /** @throws HttpError 404, 400 for the root, and for a directory that is not empty where there is no trash */
  async delete(path: string): Promise<void> {
    const target = this.#visible(path, 400);
    if (target.text === '') throw new HttpError(400, "Can't delete root");
    await this.#locks.run(target.text, () =>
      this.#change(target, false, (place) => remove(place, target, this.#context)),
    );
    this.#context.pending.forget(target.text);
    this.#tell({ action: 'delete', path: target.text });
  }

  /** Whether there is a regular file. @throws HttpError for what can't be looked at */
  isFile(path: string): Promise<boolean> {
    return this.#is(path, ({ status }) => status?.isFile() === true);
  }

  /** Whether there is a directory. @throws HttpError for what can't be looked at */
  isDirectory(path: string): Promise<boolean> {
    return this.#is(path, ({ status }) => status?.isDirectory() === true);
  }

  /** Opens a file for `/files`. Who calls closes it. @throws HttpError 404 */
  async open(path: string): Promise<OpenedFile> {
    const target = this.#visible(path, 404);
    if (this.#context.pending.isDue(target.text)) await this.settle(target.text);
    return this.#at(target, true, async ({ folder, name, status }) => {
      if (status?.isFile() !== true) throw noSuchFile(target);
      return { name: target.name, ...(await folder.file(name)) };
    });
  }

  listCheckpoints(path: string): Promise<checkpoints.CheckpointModel[]> {
    return this.#at(this.#visible(path, 404), true, checkpoints.listCheckpoints);
  }

  /** @throws HttpError 404 */
  createCheckpoint(path: string): Promise<checkpoints.CheckpointModel> {
    return this.#withFile(path, checkpoints.createCheckpoint);
  }

  /** @throws HttpError 404 */
  async restoreCheckpoint(path: string, id: string): Promise<void> {
    const target = this.#visible(path, 404);
    await this.#locks.run(target.text, () =>
      this.#change(target, true, (place) => checkpoints.restoreCheckpoint(place, id)),
    );
    this.#context.pending.forget(target.text);
  }

  /** @throws HttpError 404 */
  deleteCheckpoint(path: string, id: string): Promise<void> {
    const target = this.#visible(path, 404);
    return this.#locks.run(target.text, () =>
      this.#at(target, true, (place) => checkpoints.deleteCheckpoint(place, id)),
    );
  }

  /** Lets the outputs that a notebook holds now count as trusted. @throws HttpError 404, 400 where it can't be read */
  trust(path: string): Promise<void> {
    return this.#withFile(path, async (place) => {
      const { notebook } = await readNotebookFile(place, parseApiPath(path));
      this.#context.trust.add(allOutputs(notebook));
    });
  }

  /** Ends what runs; uploads that are not whole are dropped. */
  close(): Promise<void> {
    return this.#uploads.close();
  }

  #tell(event: ContentsEvent): void {
    this.#options.onEvent?.(event);
  }

  async #saveWhole(target: ApiPath, body: SaveBody): Promise<SavedModel> {
    return this.#change(target, true, async (place) => {
      const isNew = place.status?.isFile() !== true;
      const saved = savedOf(body, typeOf(target.name), isNew);
      const problem = await save(place, target, saved, { ...this.#context, isFree: false });
      return { model: { ...(await this.#read(target, plain)), ...messageOf(problem) }, isNew };
    });
  }

  async #saveChunk(target: ApiPath, { type, content, format }: SaveBody, chunk: number): Promise<SavedModel> {
    if (type === undefined) throw new HttpError(400, 'No file type provided');
    if (type !== 'file')
      throw new HttpError(400, `File type "${type}" is not supported for large file transfer`);
    if (content === undefined) throw new HttpError(400, 'No file content provided');
    const isNew = chunk === 1 && !(await this.isFile(target.text));
    const bytes = bytesOf(content, format, target.text);
    const locate = () => this.#context.root.locate({ segments: target.segments, follow: true });
    const part = await answering(target.text, () => this.#uploads.take(target, chunk, bytes, locate));
    return { model: part ?? (await this.#read(target, plain)), isNew };
  }

  async #is(path: string, test: (place: Place) => boolean): Promise<boolean> {
    try {
      return await this.#at(parseApiPath(path), true, (place) => Promise.resolve(test(place)));
    } catch (error) {
      if (error instanceof HttpError && error.status === 404) return false;
      throw error;
    }
  }

  #read(path: ApiPath, options: GetOptions): Promise<ContentsModel> {
    return this.#at(path, true, (place) => read(place, path, options, this.#context));
  }

  async #needDirectory(path: ApiPath): Promise<void> {
    await this.#at(path, true, ({ status }) => {
      if (status?.isDirectory() !== true) throw new HttpError(404, `No such directory: ${path.text}`);
      return Promise.resolve();
    });
  }

  #withFile<T>(path: string, action: (place: Place) => Promise<T>): Promise<T> {
    const target = this.#visible(path, 404);
    return this.#locks.run(target.text, () =>
      this.#at(target, true, (place) => {
        if (place.status === undefined) throw noSuchFile(target);
        return action(place);
      }),
    );
  }

  /** Does something at a place that will be changed. */
  #change<T>(path: ApiPath, follow: boolean, action: (place: Place) => Promise<T>): Promise<T> {
    return this.#at(path, follow, async (place) => {
      await this.#context.drafts.sweep(place.folder);
      return action(place);
    });
  }

  #at<T>({ text, segments }: ApiPath, follow: boolean, action: (place: Place) => Promise<T>): Promise<T> {
    return answering(text, () => this.#context.root.at({ segments, follow }, action));
  }

  /** A path that clients may see. @throws HttpError 404, and with the given status for a hidden one */
  #visible(path: string, status: number): ApiPath {
    const parsed = parseApiPath(path);
    if (!parsed.isHidden || this.#context.allowHidden) return parsed;
    if (status === 404) throw noSuchFile(parsed);
    throw new HttpError(
      status,
      `${JSON.stringify(parsed.text)} is hidden: start the server with --allow-hidden to change it`,
    );
  }
}
