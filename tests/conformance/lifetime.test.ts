import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { helper, Jupyter } from '../support/jupyter.ts';
import { stillRunning, treeOf, type KnownProcess } from '../support/process-tree.ts';
import { runningIn } from '../support/sandboxes.ts';

let jupyter: Jupyter;
beforeEach(() => {
  jupyter = new Jupyter();
});
afterEach(() => jupyter.close());

const patience = { timeout: 15_000, interval: 50 };
const cells = [
  '%%python\nkept = 5\nprint(kept)',
  '%%bash\nsetsid sleep 600 > /dev/null 2>&1 < /dev/null &\necho left',
  'Start a process and leave it.',
];
const ran = z.object({
  kernel: z.number(),
  connection: z.string(),
  cells: z.array(z.object({ status: z.literal('ok') })).length(3),
});

/** A kernel that has run cells, driven by a process that is told how to end it. */
class Session {
  readonly driver = jupyter.startDriver('kernel_session.py', ...cells);
  readonly #lines = createInterface(this.driver.stdout)[Symbol.asyncIterator]();
  #processes: readonly KnownProcess[] = [];
  /** Made, and removed, by the client. */
  #connection = '';

  /** @param busy whether the kernel is to be in a cell that never ends */
  static async start(busy = false): Promise<Session> {
    jupyter.script([
      { text: helper('import subprocess\nchild = subprocess.Popen(["sleep", "600"])\nprint(child.pid)') },
      { text: 'It runs.' },
    ]);
    const session = new Session();
    const { kernel, connection } = ran.parse(await session.answer());
    session.#connection = connection;
    if (busy) await session.tell('busy');
    await vi.waitFor(() => {
      session.#processes = treeOf(kernel);
      const names = session.#processes.map(({ pid }) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
      expect(names.filter((name) => name === 'sleep')).toHaveLength(2);
    }, patience);
    return session;
  }

  async answer(): Promise<unknown> {
    const line = await this.#lines.next();
    return JSON.parse(String(line.value));
  }

  tell(wish: string): Promise<unknown> {
    this.driver.stdin.write(`${wish}\n`);
    return this.answer();
  }

  /** Waits until nothing of the kernel is left. */
  async gone(): Promise<void> {
    if (this.driver.exitCode === null && this.driver.signalCode === null) await once(this.driver, 'exit');
    await vi.waitFor(() => {
      expect(stillRunning(this.#processes)).toEqual([]);
      expect(runningIn(jupyter.workspace)).toEqual([]);
      const files = readdirSync(jupyter.temporary).filter((name) => name !== this.#connection);
      expect(files).toEqual([]);
    }, patience);
  }
}

describe.each([
  ['idle', false],
  ['busy', true],
])('nothing is left of a kernel that was %s', (_, busy) => {
  it.each([
    ['shutdown_request', 'shutdown', 0],
    ['SIGTERM', 'SIGTERM', 0],
    ['SIGKILL of the kernel', 'SIGKILL', -9],
  ])('after %s', async (__, wish, status) => {
    const session = await Session.start(busy);
    expect(await session.tell(wish)).toEqual({ status });
    await session.gone();
  });

  it('after SIGKILL of the process that started it', async () => {
    const session = await Session.start(busy);
    session.driver.kill('SIGKILL');
    await session.gone();
  });
});

it('nothing is left after twenty quick starts and stops', { timeout: 120_000 }, async () => {
  const kernels = z.array(z.number()).parse(await jupyter.drive('cycles.py', '20'));
  expect(kernels).toHaveLength(20);
  await vi.waitFor(() => {
    expect(runningIn(jupyter.workspace)).toEqual([]);
    expect(readdirSync(jupyter.temporary)).toEqual([]);
  }, patience);
});

it('SIGINT is an interrupt: the kernel lives on, with its memory', async () => {
  const session = await Session.start(true);
  const alive = { alive: true, cell: { status: 'ok', text: 'kept 5\n' } };
  for (const when of ['busy', 'idle']) {
    await session.tell('SIGINT');
    // A signal may come later than what was sent after it, and then stops that cell.
    await vi.waitFor(async () => expect(await session.tell('alive'), when).toEqual(alive), patience);
  }
  expect(await session.tell('shutdown')).toEqual({ status: 0 });
  await session.gone();
});
