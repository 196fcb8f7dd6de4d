import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { workerEnvDir } from '../../kernel/paths.ts';
import { processesNaming, stillRunning } from '../support/process-tree.ts';
import { codeCell, saveNotebook } from '../support/saved-session.ts';
import { Command } from './command.ts';
import type { KillsPeer } from './peer.ts';
import type { KilledCommand } from './run-plan.ts';
import { brokenIn } from './whole.ts';

const patienceMs = 30_000;
const draft = /\.draft$/;
/** So much that writing it takes some milliseconds. */
const outputChars = 3_000_000;

interface Notebook {
  readonly cells: readonly { readonly source: string | string[]; readonly outputs: readonly unknown[] }[];
}

/** One notebook that command lines execute, which are killed; each time what they write is whole, old or new. */
export class KilledCommands {
  readonly problems: string[] = [];
  readonly #top = realpathSync(mkdtempSync(join(tmpdir(), 'rr-')));
  readonly #work = join(this.#top, 'work');
  readonly #environment: NodeJS.ProcessEnv;
  readonly #source: string;
  readonly #out = join(this.#work, 'out.ipynb');
  readonly #recorded = join(this.#work, 'recorded.ipynb');
  #kills = 0;

  constructor(peer: KillsPeer) {
    for (const name of ['work', 'data', 'config', 'tmp', 'run', 'jupyter']) mkdirSync(join(this.#top, name));
    peer.helpers.set('c1', "import time\nprint('one')\ntime.sleep(0.2)");
    this.#source = saveNotebook(this.#work, [
      codeCell('Do c1.', null),
      codeCell(`%%python\nimport time\ntime.sleep(0.2)\nprint('y' * ${outputChars})`, null),
      codeCell('%%python\nprint(1 + 1)', null),
    ]);
    this.#environment = {
      ...process.env,
      XDG_DATA_HOME: join(this.#top, 'data'),
      XDG_CONFIG_HOME: join(this.#top, 'config'),
      XDG_RUNTIME_DIR: join(this.#top, 'run'),
      JUPYTER_DATA_DIR: join(this.#top, 'jupyter'),
      TMPDIR: join(this.#top, 'tmp'),
      REPLIQUE_PYTHON: join(workerEnvDir(), 'bin', 'python'),
      ...{ REPLIQUE_PROVIDER: 'openai', OPENAI_BASE_URL: peer.url, OPENAI_API_KEY: 'k' },
    };
  }

  /** Runs the command lines and kills them; what was wrong is in `problems`. */
  async play(commands: readonly KilledCommand[]): Promise<void> {
    await this.#whole(this.#recorded);
    writeFileSync(this.#out, `${readFileSync(this.#recorded, 'utf8')}\n`);
    for (const command of commands) {
      if (this.problems.length > 0) return;
      await this.#killed(command);
    }
    this.#age();
    await this.#whole(this.#out);
    await this.#whole(this.#source);
    const left = [...readdirSync(this.#work).filter((name) => draft.test(name)), ...this.#socketDirs()];
    if (left.length > 0)
      this.problems.push(`after a run that was not killed, there are still ${left.join(', ')}`);
  }

  close(): void {
    rmSync(this.#top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  async #killed({ target, victim, phase, afterMs }: KilledCommand): Promise<void> {
    const where = `${target}, ${victim} killed in ${phase} + ${afterMs} ms`;
    const output = target === 'in place' ? this.#source : this.#out;
    const before = readFileSync(output, 'utf8');
    const command = this.#start(target);
    if (phase === 'writing') await command.names(this.#work, draft, this.#kills % 2 === 0 ? 1 : 2);
    else if (phase === 'cells' || victim === 'kernel') await command.kernel();
    await wait(afterMs);
    const processes = command.processes();
    const kernel = victim === 'kernel' ? await command.kernel() : undefined;
    if (victim === 'command') command.kill();
    else if (kernel !== undefined) process.kill(kernel, 'SIGKILL');
    this.#kills += 1;
    const late = wait(patienceMs, 'late' as const, { ref: false });
    if ((await Promise.race([command.ended(), late])) === 'late') {
      this.problems.push(`${where}: the command does not end: ${command.said}`);
      command.kill();
      return;
    }
    const until = performance.now() + patienceMs;
    const left = (): readonly unknown[] => [...stillRunning(processes), ...processesNaming(this.#top)];
    while (left().length > 0 && performance.now() < until) await wait(20);
    if (left().length > 0) this.problems.push(`${where}: processes are left: ${left().join(' ')}`);
    this.#isWhole(where, output, before);
    const broken = brokenIn(join(this.#top, 'data', 'replique'), this.#kills);
    this.problems.push(...broken.map((what) => `${where}: ${what}`));
    const drafts = readdirSync(this.#work).filter((name) => draft.test(name));
    if (this.#socketDirs().length > 1)
      this.problems.push(`${where}: ${this.#socketDirs().join(', ')} are left`);
    if (drafts.length > this.#kills) this.problems.push(`${where}: ${drafts.join(', ')} are left`);
  }

  /** A command that nobody kills does all that it is to do. */
  async #whole(output: string): Promise<void> {
    const command = this.#command(['run', this.#source, '--output', output]);
    const status = await command.ended();
    if (status !== 0)
      this.problems.push(`a run that was not killed ended with ${String(status)}: ${command.said}`);
    const found = this.#isWhole(`a run that was not killed`, output, '');
    const shown = JSON.stringify(found?.cells.map(({ outputs }) => outputs) ?? []);
    for (const words of ['one\\n', 'It is done.', 'y'.repeat(1000), '2'])
      if (!shown.includes(words)) this.problems.push(`a run that was not killed lacks ${words.slice(0, 20)}`);
  }

  #start(target: KilledCommand['target']): Command {
    if (target === 'replay') return this.#command(['replay', this.#recorded, '--output', this.#out]);
    return this.#command(['run', this.#source, '--output', target === 'run' ? this.#out : this.#source]);
  }

  #command(args: readonly string[]): Command {
    return new Command(args, this.#work, this.#environment);
  }

  #isWhole(where: string, output: string, before: string): Notebook | undefined {
    const text = readFileSync(output, 'utf8');
    if (text === before) return undefined;
    try {
      const found = JSON.parse(text) as Notebook;
      const sources = found.cells.map(({ source }) => [source].flat().join(''));
      const wanted = [
        'Do c1.',
        `%%python\nimport time\ntime.sleep(0.2)\nprint('y' * ${outputChars})`,
        '%%python\nprint(1 + 1)',
      ];
      if (sources.join('\n') !== wanted.join('\n'))
        this.problems.push(`${where}: the cells are ${sources.join('; ')}`);
      return found;
    } catch (error) {
      this.problems.push(`${where}: ${output} is half: ${text.length} characters, ${String(error)}`);
      return undefined;
    }
  }

  #socketDirs(): readonly string[] {
    return readdirSync(join(this.#top, 'tmp'));
  }

  /** Drafts are as old as if the kills had been a minute ago. */
  #age(): void {
    const then = new Date(Date.now() - 60_000);
    for (const name of readdirSync(this.#work).filter((each) => draft.test(each)))
      utimesSync(join(this.#work, name), then, then);
  }
}
