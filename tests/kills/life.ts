import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { processesNaming, stillRunning } from '../support/process-tree.ts';
import { KernelHome, type SpawnedKernel } from '../support/spawned-kernel.ts';
import { codeOf, fileOf } from './code.ts';
import { Book, isWritten, type Cell, type Moment, type Pending } from './book.ts';
import type { KillsPeer } from './peer.ts';
import type { Act, Life } from './plan.ts';
import { brokenIn } from './whole.ts';

const patienceMs = 30_000;
/** A cell is in the history 2 s after it began, at the latest. */
const historyMs = 2300;

interface Sent {
  readonly id: string;
  readonly cell?: Omit<Cell, 'number' | 'replied'>;
  readonly moved?: readonly Cell[];
  readonly branch?: string;
  replied?: Moment;
}

/** One notebook, whose kernel is killed and started again and again. */
export class KilledNotebook {
  readonly problems: string[] = [];
  readonly #home: KernelHome;
  readonly #peer: KillsPeer;
  readonly #book = new Book();
  #count = 0;
  #kills = 0;
  /** The first kill since all was back, and the files then. */
  #killed: Moment = { ms: 0, waitedMs: 0 };
  #filesThen = '';
  /** Requests that were taken down. */
  readonly #taken = new Set<string>();
  #pending: Pending = { cells: [] };

  constructor(peer: KillsPeer) {
    this.#peer = peer;
    this.#home = new KernelHome({
      REPLIQUE_PROVIDER: 'openai',
      OPENAI_BASE_URL: peer.url,
      OPENAI_API_KEY: 'k',
    });
  }

  /** Lives the lives; what was wrong is in `problems`. */
  async play(lives: readonly Life[]): Promise<void> {
    for (const life of lives) {
      await this.#live(life);
      if (this.problems.length > 0) return;
    }
    const kernel = await this.#start();
    await this.#comesBack(kernel);
    await this.#kill(kernel, []);
  }

  /** @param isKept its directory stays, with what was done and found in `trace.log` */
  async close(isKept = false): Promise<void> {
    await (isKept ? this.#home.end() : this.#home.close());
  }

  get top(): string {
    return this.#home.top;
  }

  #trace(what: string): void {
    appendFileSync(join(this.#home.top, 'trace.log'), `${new Date().toISOString()} ${what}\n`);
  }

  async #live({ acts, phase, last, afterMs }: Life): Promise<void> {
    if (phase === 'start' && this.#kills > 0) {
      const kernel = this.#home.spawn('k', 'book.ipynb');
      await wait(afterMs);
      await this.#kill(kernel, [], true);
      return;
    }
    const kernel = await this.#start();
    if (phase === 'comeback' && this.#kills > 0) {
      const look = this.#look(kernel);
      await wait(afterMs);
      await this.#kill(kernel, [look], true);
      return;
    }
    if (this.#kills > 0) await this.#comesBack(kernel);
    for (const act of acts) await this.#done(kernel, this.#send(kernel, act));
    const sent = this.#send(kernel, last);
    if (['reply', 'idle', 'later'].includes(phase)) await this.#done(kernel, sent);
    await wait(afterMs);
    await this.#kill(kernel, sent);
  }

  #start(): Promise<SpawnedKernel> {
    return this.#home.start('k', 'book.ipynb');
  }

  /** Does something; the requests that it takes. */
  #send(kernel: SpawnedKernel, act: Act): readonly Sent[] {
    const { path, branches } = this.#book;
    switch (act.kind) {
      case 'prompt': {
        const name = this.#name('c');
        this.#peer.helpers.set(name, codeOf(name, act.fails, 0.3));
        return [this.#execute(kernel, `Do ${name}.`, { cell: { name, runs: true, isPrompt: true } })];
      }
      case 'code':
        return [this.#code(kernel, act.fails)];
      case 'row':
        return Array.from({ length: act.cells }, () => this.#code(kernel, false));
      case 'branch': {
        const branch = this.#name('b');
        return [this.#execute(kernel, `%branch ${branch}`, { moved: path, branch })];
      }
      case 'rewind': {
        // The number of one that was not answered before a kill is not known.
        const wanted = Math.floor(act.place * path.length);
        const at = path.findLastIndex(({ number }, each) => each <= wanted && number > 0);
        const cell = path[at];
        if (cell === undefined) return [];
        return [this.#execute(kernel, `%rewind ${cell.number}`, { moved: path.slice(0, at) })];
      }
      case 'checkout': {
        const names = [...branches.keys()];
        const branch = names[Math.floor(act.place * names.length)] ?? 'main';
        return [
          this.#execute(kernel, `%checkout ${branch}`, { moved: branches.get(branch) ?? path, branch }),
        ];
      }
    }
  }

  #code(kernel: SpawnedKernel, fails: boolean): Sent {
    const name = this.#name('c');
    const code = `%%python\n# cell ${name}\n${codeOf(name, fails, 0.01)}`;
    return this.#execute(kernel, code, { cell: { name, runs: true, isPrompt: false } });
  }

  #look(kernel: SpawnedKernel): Sent {
    const name = this.#name('l');
    return this.#execute(kernel, `Look ${name}.`, { cell: { name, runs: false, isPrompt: true } });
  }

  #execute(kernel: SpawnedKernel, source: string, more: Omit<Sent, 'id'>): Sent {
    const sent: Sent = { id: kernel.client.execute(source, { stop_on_error: false }), ...more };
    this.#book.sources = [...this.#book.sources, { source, sentMs: performance.now() }];
    this.#trace(`sent: ${JSON.stringify(source)}`);
    void kernel.client.reply(sent.id).then(({ content }) => {
      sent.replied = now(kernel);
      this.#trace(
        `[${String(content['execution_count'])}] ${String(content['status'])}: ${JSON.stringify(source)}`,
      );
    });
    return sent;
  }

  #name(kind: string): string {
    this.#count += 1;
    return `${kind}${this.#count}`;
  }

  /** Waits until it is done, and takes it down. */
  async #done(kernel: SpawnedKernel, sent: readonly Sent[]): Promise<void> {
    for (const each of sent) {
      await inTime(kernel.client.done(each.id), `a reply to ${each.cell?.name ?? 'a move'}`);
      await this.#acknowledged(kernel, each);
      if (each.moved) await this.#checkPlace(kernel);
    }
  }

  /** After a move: memory and files are those of the path. */
  async #checkPlace(kernel: SpawnedKernel): Promise<void> {
    const { path } = this.#book;
    const memory = (await this.#memory(kernel)).join(' ');
    const names = path.map(({ name }) => name).join(' ');
    const expected = path.filter(({ runs }) => runs).map(({ name }) => name);
    if (memory !== expected.join(' ')) this.problems.push(`after a move to ${names}: memory has ${memory}`);
    this.#checkFiles(`after a move to ${names}`);
  }

  async #acknowledged(kernel: SpawnedKernel, sent: Sent): Promise<void> {
    const book = this.#book;
    this.#taken.add(sent.id);
    const { content } = await kernel.client.reply(sent.id);
    const number = Number(content['execution_count']);
    const replied = sent.replied ?? now(kernel);
    if (sent.cell?.isPrompt !== false) book.lastNumber = Math.max(book.lastNumber, number);
    if (sent.cell) book.add({ ...sent.cell, number, replied });
    if (!sent.moved || content['status'] !== 'ok') {
      if (!sent.moved) return;
      const path = book.path.map((cell) => `${cell.name} [${cell.number}]`).join(' ');
      const drawn = (await kernel.run('%branches')).shown;
      this.problems.push(`a move failed: ${kernel.shown(sent.id)}; expected ${path}; there is ${drawn}`);
      return;
    }
    const left = /`%checkout ([\w-]+)` returns/.exec(kernel.shown(sent.id))?.[1];
    // A branch that was there before goes on from the place that was left.
    if (left !== undefined && !book.branches.has(left)) book.branches.set(left, book.path);
    if (sent.branch !== undefined) book.on = sent.branch;
    book.stand(sent.moved);
  }

  /** Kills it; what was sent and not acknowledged is pending then. @param isEarly not all was back yet */
  async #kill(kernel: SpawnedKernel, sent: readonly Sent[], isEarly = false): Promise<void> {
    const book = this.#book;
    const processes = kernel.processes();
    const killed = now(kernel);
    this.#trace(`kill${isEarly ? ' early' : ''}, which had waited ${killed.waitedMs.toFixed()} ms to run`);
    await kernel.kill();
    this.#kills += 1;
    book.forgetSources(killed.ms - historyMs);
    for (const each of sent) {
      const isReplied = each.replied !== undefined && !isEarly;
      if (isReplied && !this.#taken.has(each.id)) await this.#acknowledged(kernel, each);
      if (isReplied) continue;
      const { cells, moved } = this.#pending;
      const cell = each.cell && { ...each.cell, number: 0, replied: never };
      this.#pending = { cells: [...cells, ...(cell ? [cell] : [])], moved: each.moved ?? moved };
    }
    if (!isEarly) this.#killed = killed;
    for (const { name } of this.#pending.cells) book.unsure.add(name);
    for (const { name, replied } of book.path) if (!isWritten(replied, killed)) book.unsure.add(name);
    const until = performance.now() + patienceMs;
    const left = (): readonly unknown[] => [...stillRunning(processes), ...processesNaming(this.#home.top)];
    while (left().length > 0 && performance.now() < until) await wait(20);
    if (left().length > 0) this.problems.push(`processes are left: ${left().join(' ')}`);
    if (!isEarly) this.#filesThen = this.#files();
    const broken = brokenIn(join(this.#home.top, 'data', 'replique'), this.#kills);
    this.problems.push(...broken.map((what) => `after the kill: ${what}`));
  }

  /** The first cell after a kill, and what must have come back then. */
  async #comesBack(kernel: SpawnedKernel): Promise<void> {
    const book = this.#book;
    const { sources } = book;
    await this.#filesAreBack();
    const look = this.#look(kernel);
    const { content } = await inTime(kernel.client.done(look.id), 'the first cell');
    const said = kernel.shown(look.id).slice(300, 1100);
    const talk = [...this.#peer.given.matchAll(/(?:Do|# cell|Look) ([cl]\d+)/g)].map(
      ([, name]) => name ?? '',
    );
    const memory = await this.#memory(kernel);
    this.#trace(`said: ${said}`);
    this.#trace(`came back: ${talk.join(' ')}; memory ${memory.join(' ')}`);
    const path = book.cameBack({ talk: talk.slice(0, -1), memory }, this.#pending, this.#killed);
    if (typeof path === 'string') {
      this.problems.push(`${path}\n  said: ${said}`);
      return;
    }
    const lost = book.path.filter((cell) => !path.includes(cell));
    for (const { name } of lost) book.unsure.add(name);
    const on = /On branch `([\w-]+)`/.exec((await kernel.run('%branch')).shown)?.[1] ?? '';
    const { moved } = this.#pending;
    if (on !== book.on && !moved) this.problems.push(`on branch ${on}, not ${book.on}\n  said: ${said}`);
    const names = [...book.branches.keys()];
    const drawn = (await kernel.run('%branches')).shown;
    for (const name of names)
      if (!drawn.includes(name)) this.problems.push(`branch ${name} is lost: ${drawn}`);
    for (const cell of book.all)
      if (cell.isPrompt && !book.unsure.has(cell.name) && !new RegExp(`${cell.name}\\b`).test(drawn))
        this.problems.push(`%branches lacks ${cell.name}: ${drawn}`);
    const number = Number(content['execution_count']);
    const last = Math.max(book.lastNumber, ...path.map((cell) => cell.number));
    if (number <= last) this.problems.push(`[${number}] comes after [${last}]`);
    if (!moved && this.#files() !== this.#filesThen)
      this.problems.push(`files were ${this.#filesThen}, are ${this.#files()}\n  said: ${said}`);
    book.on = on;
    book.stand(path);
    await this.#acknowledged(kernel, look);
    this.#checkFiles(`after the comeback (moving: ${moved !== undefined})`);
    await this.#checkHistory(kernel, sources);
    this.#pending = { cells: [] };
  }

  /** Files are whole before the first cell, also where memory was being rebuilt when the kernel was killed. */
  async #filesAreBack(): Promise<void> {
    const records = join(this.#home.top, 'data', 'replique', 'timeline', 'moves');
    const until = performance.now() + patienceMs;
    const waiting = (): readonly string[] =>
      existsSync(records) ? readdirSync(records).filter((name) => name.endsWith('.json')) : [];
    while (waiting().length > 0 && performance.now() < until) await wait(10);
    if (waiting().length > 0) this.problems.push(`records of moves are left: ${waiting().join(' ')}`);
    if (!this.#pending.moved && this.#files() !== this.#filesThen)
      this.problems.push(`when it had started, files were ${this.#files()}, not ${this.#filesThen}`);
  }

  async #memory(kernel: SpawnedKernel): Promise<readonly string[]> {
    const expression = '" ".join(globals().get("log", []))';
    const id = kernel.client.execute('', { silent: true, user_expressions: { it: expression } });
    const { content } = await inTime(kernel.client.done(id), 'memory');
    return JSON.stringify(content).match(/\bc\d+\b/g) ?? [];
  }

  async #checkHistory(kernel: SpawnedKernel, sources: Book['sources']): Promise<void> {
    const asked = { hist_access_type: 'tail', n: 1000, raw: true, output: false };
    const { content } = await inTime(kernel.client.ask('history_request', asked), 'the history');
    const kept = JSON.stringify(content['history']);
    for (const { source } of sources)
      if (!kept.includes(JSON.stringify(source.trimEnd()).slice(1, -1)))
        this.problems.push(`the history lacks ${source.slice(0, 40)}`);
  }

  /** The files of the path's cells are there, whole, and those of others are not. */
  #checkFiles(when: string): void {
    const { path, all, unsure } = this.#book;
    const lacks = path.filter(
      ({ name, runs }) => runs && !unsure.has(name) && this.#file(name) !== fileOf(name),
    );
    const has = all.filter(
      (cell) =>
        cell.runs && !unsure.has(cell.name) && !path.includes(cell) && this.#file(cell.name) !== undefined,
    );
    if (lacks.length + has.length === 0) return;
    const names = (cells: readonly Cell[]): string => cells.map(({ name }) => name).join(' ');
    this.problems.push(`${when}: files lack ${names(lacks)}; have also ${names(has)}`);
  }

  #file(name: string): string | undefined {
    const path = join(this.#home.top, 'workspace', `${name}.txt`);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  #files(): string {
    const workspace = join(this.#home.top, 'workspace');
    return readdirSync(workspace)
      .sort()
      .map((name) => `${name}:${readFileSync(join(workspace, name)).length}`)
      .join(' ');
  }
}

const never: Moment = { ms: Infinity, waitedMs: 0 };
const now = (kernel: SpawnedKernel): Moment => ({ ms: performance.now(), waitedMs: kernel.waitedMs() });

async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  const late = wait(patienceMs, undefined, { ref: false }).then(() => {
    throw new Error(`${what} did not come in ${patienceMs / 1000} s`);
  });
  return Promise.race([work, late]);
}
