import { stat } from 'node:fs/promises';
import { humanSize } from '../../sandbox/files/words.ts';
import { apply } from './apply.ts';
import type { FileDelta, FileEntry, FileHistory, Moved, PutBack, UnfinishedFile } from './contract.ts';
import { fill, type FillOptions } from './fill.ts';
import { Folder } from './folder.ts';
import { compare, type Ground } from './ground.ts';
import type { Known } from './known.ts';
import { named, Once, unkeptNotice, whyUnkept } from './notices.ts';
import { waysOf } from './plan.ts';
import { putBack } from './put-back.ts';
import { silent, vanished } from './reasons.ts';
import { scan, type Seen, type Unknown } from './scan.ts';
import { ObjectStore } from './store.ts';
import { textOf } from './text.ts';

const mostBytes = 512 * 2 ** 20;
/** So much is kept of files that no code has changed so far. */
const mostUnchangedBytes = mostBytes / 2;
/** A cell waits for `settle`; the next one goes on with what is not read then. */
const settleMs = 1_000;
const changesMs = 5_000;
const answerMs = 5_000;
const mostRecent = 1_000;

export interface FileHistoryOptions {
  /** Absolute, without links. */
  readonly workspace: string;
  /** Where contents are kept: of this session alone, outside the workspace. Made when it is needed. */
  readonly objects: string;
}

export function createFileHistory(options: FileHistoryOptions): FileHistory {
  return new WorkspaceHistory(options);
}

class WorkspaceHistory implements FileHistory {
  readonly #workspace: string;
  readonly #objects: string;
  readonly #store: ObjectStore;
  readonly #once = new Once();
  /** Paths that code of ours has changed. */
  readonly #changed = new Set<string>();
  #ground: Ground | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ workspace, objects }: FileHistoryOptions) {
    this.#workspace = workspace;
    this.#objects = objects;
    this.#store = new ObjectStore(objects, mostBytes);
  }

  settle(): Promise<void> {
    return this.#alone(async () => {
      await this.#open(async (root) => {
        const seen = await this.#scan(root);
        const waiting = [...seen.unknown, ...unreadOf(seen.known)];
        if (waiting.length > 0) {
          const inUse = this.#inUse(seen.known);
          const room = mostUnchangedBytes - this.#store.unnamedBytes(inUse());
          await this.#fill(root, seen, waiting, { inUse, mostMs: settleMs, mostBytes: room });
        }
        this.#ground = this.#ground ? compare(this.#ground, seen).ground : seen;
      });
    });
  }

  changes(): Promise<{ readonly delta: FileDelta; readonly notices: readonly string[] }> {
    return this.#alone(async () => {
      const problem = `The workspace can’t be read, so what code changes in it is not recorded: ${this.#workspace}.`;
      const found = await this.#open((root) => this.#changes(root));
      if (typeof found !== 'string') return found;
      this.#once.note(found, problem);
      return { delta: [], notices: this.#once.take() };
    });
  }

  move(
    undo: readonly FileDelta[],
    redo: readonly FileDelta[],
    announce?: (planned: FileDelta) => Promise<void>,
  ): Promise<Moved> {
    return this.#alone(async () => {
      const ways = waysOf(undo, redo);
      const wanted = [...ways.values()].flatMap((way) => (way.wanted ? [way.wanted.hash] : []));
      const inUse = this.#inUse(this.#ground?.known ?? new Map(), wanted);
      const contents = { store: this.#store, inUse };
      const applied = await this.#open((root) => apply(root, undo, redo, contents, announce));
      if (typeof applied === 'string')
        return { changed: [], left: [...ways.keys()].map((path) => ({ path, reason: applied })) };
      this.#take(applied.known);
      return { changed: [...applied.known.keys()].sort(), left: applied.left };
    });
  }

  putBack(files: readonly UnfinishedFile[], asideIn: string | undefined): Promise<PutBack> {
    return this.#alone(async () => {
      const wanted = files.flatMap(({ was }) => (was ? [was.hash] : []));
      const contents = { store: this.#store, inUse: this.#inUse(this.#ground?.known ?? new Map(), wanted) };
      const put = await this.#open((root) => putBack(root, files, contents, asideIn));
      if (typeof put === 'string')
        return { back: [], aside: [], left: files.map(({ path }) => ({ path, reason: put })) };
      this.#take(put.known);
      return { back: [...put.known.keys()].sort(), aside: put.aside, left: put.left };
    });
  }

  recent(sinceMs: number): FileDelta {
    const since = BigInt(Math.floor(sinceMs)) * 1_000_000n;
    return [...(this.#ground?.known ?? [])]
      .filter(([, { entry, mark }]) => entry.kind === 'file' && entry.kept && mark.mtimeNs >= since)
      .slice(0, mostRecent)
      .map(([path, { entry }]) => ({ path, before: entry, after: entry }));
  }

  held(path: string): FileEntry | undefined {
    return this.#changed.has(path) ? undefined : this.#ground?.known.get(path)?.entry;
  }

  text(entry: FileEntry, most: number): Promise<string | undefined> {
    return this.#alone(() => {
      if (!entry.kept || entry.kind === 'directory') return Promise.resolve(undefined);
      const content = this.#store.read(entry.hash, most);
      return Promise.resolve(content && textOf(content));
    });
  }

  retain(deltas: Iterable<FileDelta>): Promise<void> {
    return this.#alone(() => {
      const wanted = new Set<string>();
      for (const delta of deltas)
        for (const { before, after } of delta)
          for (const entry of [before, after]) if (entry) wanted.add(entry.hash);
      this.#store.retain(wanted, this.#inUse(this.#ground?.known ?? new Map()));
      return Promise.resolve();
    });
  }

  async #changes(root: Folder): Promise<{ delta: FileDelta; notices: readonly string[] }> {
    const before = this.#ground;
    const seen = await this.#scan(root);
    if (seen.unknown.length > 0) {
      const inUse = this.#inUse(before?.known ?? new Map());
      await this.#fill(root, seen, seen.unknown, { inUse, mostMs: changesMs, mostBytes: Infinity });
    }
    const { ground, delta } = before ? compare(before, seen) : { ground: seen, delta: [] };
    this.#ground = ground;
    for (const { path } of delta) this.#changed.add(path);
    for (const change of delta)
      for (const entry of [change.before, change.after]) if (entry?.kept) this.#store.name(entry.hash);
    const why = (path: string) => whyUnkept(before?.known.get(path), ground.known.get(path));
    return { delta, notices: [...unkeptNotice(delta, why), ...this.#news()] };
  }

  /** Reads what is not known, and adds it to what was seen. */
  async #fill(
    root: Folder,
    seen: Seen,
    waiting: readonly Unknown[],
    within: Omit<FillOptions, 'store'>,
  ): Promise<void> {
    const found = await fill(root, waiting, { store: this.#store, ...within });
    for (const [path, known] of found) seen.known.set(path, known);
  }

  async #scan(root: Folder): Promise<Seen> {
    const seen = await scan(root, this.#ground?.known ?? new Map());
    const { beyond, closed } = seen;
    if (beyond !== undefined)
      this.#once.note(
        'beyond',
        `The workspace holds more than is looked at: what code changes in ${named([beyond])} and beyond is not recorded.`,
      );
    for (const path of closed)
      this.#once.note(
        `closed ${path}`,
        `What code changes in ${named([path])} is not recorded: it can’t be read.`,
      );
    return seen;
  }

  #news(): readonly string[] {
    const { problem, hasLetGo } = this.#store.news();
    if (problem !== undefined)
      this.#once.note(problem, `What files hold can’t be kept in ${this.#objects}: ${problem}`);
    if (hasLetGo)
      this.#once.note(
        'full',
        `More than ${humanSize(mostBytes)} of what files held are kept; the oldest are let go of, so that going back far leaves some files.`,
      );
    return this.#once.take();
  }

  /** The paths that were moved are known as they are now. */
  #take(changed: ReadonlyMap<string, Known | undefined>): void {
    if (this.#ground === undefined) return;
    const known = new Map(this.#ground.known);
    const whole = new Set(this.#ground.whole);
    for (const [path, is] of changed) {
      whole.delete(path);
      if (is === undefined) known.delete(path);
      else known.set(path, is);
      if (is?.entry.kind === 'directory') whole.add(path);
    }
    this.#ground = { known, whole };
  }

  /** The contents that must stay: of these entries, and further ones. */
  #inUse(known: ReadonlyMap<string, Known>, further: readonly string[] = []): () => ReadonlySet<string> {
    let used: Set<string> | undefined;
    return () => (used ??= new Set([...[...known.values()].map(({ entry }) => entry.hash), ...further]));
  }

  /** @returns why the workspace can't be reached, as the rest of a sentence, or what the action gave */
  async #open<T>(action: (root: Folder) => Promise<T>): Promise<T | string> {
    let timer: NodeJS.Timeout | undefined;
    const isLate = new Promise<string>((resolve) => (timer = setTimeout(() => resolve(silent), answerMs)));
    const answer = stat(this.#workspace).then(
      () => undefined,
      () => vanished,
    );
    const problem = await Promise.race([answer, isLate]);
    clearTimeout(timer);
    if (problem !== undefined) return problem;
    let root: Folder;
    try {
      root = Folder.open(this.#workspace);
    } catch {
      return vanished;
    }
    try {
      return await action(root);
    } finally {
      root.close();
    }
  }

  #alone<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** Files that there was no time or room for so far. */
function unreadOf(known: ReadonlyMap<string, Known>): Unknown[] {
  return [...known].flatMap(([path, was]) => {
    const { mark, entry, unkept } = was;
    const isWaiting = unkept === 'later' || unkept === 'full' || unkept === 'unsteady';
    return isWaiting && entry.kind !== 'directory' ? [{ path, mark, kind: entry.kind, was }] : [];
  });
}
