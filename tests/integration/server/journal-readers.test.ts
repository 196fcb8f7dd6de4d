import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalWorld, SimulatedPage } from '../../support/journal-world.ts';

const second = 1000;
const stream = (text: string): object => ({ output_type: 'stream', name: 'stdout', text });

describe('who saves a notebook', () => {
  let world: JournalWorld;
  beforeEach(async () => {
    world = await new JournalWorld(['a', 'b']).start();
  });
  afterEach(() => world.remove());

  const loaded = async (): Promise<SimulatedPage> => {
    const page = new SimulatedPage(world);
    world.now += 10;
    await page.load();
    world.now += 10;
    return page;
  };
  const opened = async (): Promise<SimulatedPage> => {
    const page = await loaded();
    page.connect();
    return page;
  };
  const print = (text: string): void => world.say('stream', { name: 'stdout', text });
  /** A page that has run a cell, which has shown a line so far. */
  const asked = async (): Promise<SimulatedPage> => {
    const page = await opened();
    page.run('a');
    print('one\n');
    return page;
  };
  const cell = (page: SimulatedPage, id = 'a') => page.cells.find((each) => each.id === id)!;
  const empty = (page: SimulatedPage): void => {
    Object.assign(cell(page), { outputs: [], execution_count: null });
  };
  const outputsNow = async (): Promise<unknown[]> => {
    for (const page of [...world.pages]) page.close();
    return cell(await loaded()).outputs;
  };

  it('drops nothing of a run that went on after the page was loaded, though another one has had all of it', async () => {
    const asking = await asked();
    const early = await loaded();
    print('two\n');
    world.end();
    await loaded();
    asking.close();
    early.connect();
    await early.save();
    expect(cell(early).outputs).toEqual([stream('one\n')]);
    expect(await outputsNow()).toEqual([stream('one\ntwo\n')]);
  });

  it('drops nothing while the page that asked is there, either', async () => {
    await asked();
    const early = await loaded();
    print('two\n');
    world.end();
    await loaded();
    early.connect();
    world.now += 60 * second;
    await early.save();
    expect(await outputsNow()).toEqual([stream('one\ntwo\n')]);
  });

  it('may empty a cell where it was loaded after the run’s end, whoever else may come back', async () => {
    const asking = await asked();
    asking.disconnect(1006);
    print('two\n');
    world.end();
    const late = await opened();
    expect(cell(late).outputs).toEqual([stream('one\ntwo\n')]);
    empty(late);
    await late.save();
    expect(await outputsNow()).toEqual([]);
  });

  it('may remove such a cell', async () => {
    const asking = await asked();
    asking.disconnect(1006);
    world.end();
    const late = await opened();
    late.cells.shift();
    await late.save();
    for (const page of [...world.pages]) page.close();
    expect((await loaded()).cells.map(({ id }) => id)).toEqual(['b']);
  });

  it('has emptied a cell for good when it closes, also soon after the end', async () => {
    const asking = await asked();
    world.end();
    world.now += 3 * second;
    empty(asking);
    await asking.save();
    expect(await outputsNow()).toEqual([]);
  });

  it('has not where it saves the outputs again, as one whose first save was on its way', async () => {
    const asking = await asked();
    world.end();
    world.now += 3 * second;
    const shown = cell(asking).outputs;
    empty(asking);
    await asking.save();
    Object.assign(cell(asking), { outputs: shown, execution_count: 1 });
    await asking.save();
    expect(await outputsNow()).toEqual([stream('one\n')]);
  });

  it('has not where it is lost', async () => {
    const asking = await asked();
    world.end();
    world.now += 3 * second;
    empty(asking);
    await asking.save();
    asking.disconnect(1006);
    expect(await outputsNow()).toEqual([stream('one\n')]);
  });

  it('has emptied it at once where it has shown outputs for long', async () => {
    const asking = await asked();
    world.now += 20 * second;
    print('two\n');
    world.end();
    empty(asking);
    world.now += 10;
    await asking.save();
    asking.disconnect(1006);
    expect(await outputsNow()).toEqual([]);
  });

  it('has not where all that it has shown came just before', async () => {
    const asking = await asked();
    world.now += 20 * second;
    world.say('clear_output', { wait: false });
    world.now += 20 * second;
    print('two\n');
    world.end();
    empty(asking);
    world.now += second;
    await asking.save();
    expect(await outputsNow()).toEqual([stream('two\n')]);
  });

  it('is told by the notebook alone, never by its file', async () => {
    const file = join(world.top, 'workspace', 'n.ipynb');
    await asked();
    const other = await opened();
    expect(other.metadata).toEqual({ replique_served: expect.any(Number) as number });
    await other.save();
    world.end();
    expect(readFileSync(file, 'utf8')).not.toContain('replique_served');
    await outputsNow();
    expect(readFileSync(file, 'utf8')).not.toContain('replique_served');
    expect((await loaded()).metadata).toEqual({});
  });
});
