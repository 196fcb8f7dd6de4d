import { describe, expect, it } from 'vitest';
import { Random } from '../../fuzz/random.ts';
import { JournalWorld, SimulatedPage } from '../../support/journal-world.ts';
import { FileChanged } from '../../support/notebook-page.ts';

const cells = ['a', 'b', 'c'];
const isAll = process.env['REPLIQUE_TEST_SAMPLE'] === 'all';
const sequences = isAll ? 2000 : 40;
const steps = 60;

/** What a kernel may say, each with an identity of its own. */
function say(world: JournalWorld, random: Random, step: number): void {
  const data = { 'text/plain': `shown ${step}`, 'text/html': `<b>${step}</b>` };
  const transient = { display_id: `${world.queue[0]?.header.msg_id}-${random.below(2)}` };
  const said: readonly [string, object][] = [
    ['stream', { name: 'stdout', text: `${step}\n` }],
    ['stream', { name: 'stderr', text: `${step}\r${step}%` }],
    ['display_data', { data, metadata: {}, transient }],
    ['update_display_data', { data, metadata: {}, transient }],
    ['clear_output', { wait: random.chance(0.5) }],
    ['error', { ename: 'E', evalue: `${step}`, traceback: [] }],
  ];
  world.say(...random.pick(said));
}

/**
 * Plays one sequence; every page that is told of a change that nobody but the server has made, fails it.
 * @param withStrangers also pages that connect late or never: the server does not know of them, and they may be told
 */
async function play(seed: number, withStrangers: boolean): Promise<void> {
  const random = new Random(seed);
  const world = await new JournalWorld(cells).start();
  const log: string[] = [];
  const open = async (): Promise<void> => {
    const page = new SimulatedPage(world);
    await page.load();
    page.connect();
  };
  const save = async (page: SimulatedPage): Promise<void> => {
    // One that never connects counts as not there: what it saves is taken for the other one's.
    if (!page.isKnown && [...world.pages].some(({ isConnected }) => isConnected)) return;
    try {
      await page.save();
    } catch (error) {
      if (!(error instanceof FileChanged)) throw error;
      if (page.savesSeen === world.saves && !withStrangers)
        throw new Error('The page was asked about a change that nobody made.');
      await page.reload();
    }
  };
  const read = { type: 'notebook', content: true, hash: true } as const;
  const acts: Readonly<Record<string, (page: SimulatedPage) => unknown>> = {
    run: (page) => page.isConnected && page.run(random.pick(cells)),
    lose: (page) => page.disconnect(1006),
    connect: (page) => !page.isConnected && page.connect(),
    reload: (page) => page.reload(),
    close: (page) => page.close(),
    save,
    open: () => world.pages.size < 2 && open(),
    ...(withStrangers && {
      load: () => world.pages.size < 2 && new SimulatedPage(world).load(),
      look: () => world.contents.get('n.ipynb', read),
    }),
    kill: () => random.chance(0.3) && world.start(),
  };
  try {
    await open();
    for (let step = 0; step < steps; step += 1) {
      world.now += random.below(random.chance(0.2) ? 20_000 : 1000);
      const page = [...world.pages][random.below(world.pages.size)];
      if (page === undefined) {
        log.push('open');
        await open();
      } else if (random.chance(0.5)) {
        for (let said = random.below(4); said > 0; said -= 1) say(world, random, step);
        if (random.chance(0.4)) world.end();
      } else {
        const act = random.pick(Object.keys(acts));
        log.push(`${act} ${page.session.slice(0, 3)}`);
        await acts[act]!(page);
      }
    }
    while (world.queue.length > 0) world.end();
    for (const page of [...world.pages]) page.close();
    const last = new SimulatedPage(world);
    await last.load();
    for (const { id, outputs, execution_count } of last.cells) {
      const run = world.truth.get(id);
      const expected = { id, outputs: run?.shown.outputs ?? [], execution_count: run?.count ?? null };
      expect({ id, outputs, execution_count }).toEqual(expected);
    }
    expect(last.cells.map(({ id }) => id)).toEqual(cells);
  } catch (error) {
    throw new Error(`seed ${seed}: ${log.join(', ')}`, { cause: error });
  } finally {
    world.remove();
  }
}

describe('pages that come, go and save at random while cells run', { timeout: 600_000 }, () => {
  it.each([false, true])(
    `lose nothing, show nothing twice, and are not asked about the server’s own changes (${sequences} times; with strangers: %s)`,
    async (withStrangers) => {
      const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? 11);
      console.log(`seed ${seed}`);
      for (let round = 0; round < sequences; round += 1) await play(seed * 10_000 + round, withStrangers);
    },
  );
});
