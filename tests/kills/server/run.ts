import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Random } from '../../fuzz/random.ts';
import { brokenCheckpoints, newLanes } from './lanes.ts';
import { startKilledServer } from './process.ts';

/** Milliseconds after the clients have begun. */
const longestMs = 500;
/** A draft that is so old is nobody's any more. */
const staleSeconds = 2 * 3600;
const draft = /^\.~replique-[0-9a-f]{16}\.draft$/;

/**
 * Kills a server at random instants while clients save, upload, rename, restore and read.
 * @returns what was lost, half written or left
 */
export async function killServer(
  seed: number,
  kills: number,
  told: (kills: number) => void = () => undefined,
): Promise<string[]> {
  const random = new Random(seed);
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'rks-')));
  const workspace = join(top, 'workspace');
  mkdirSync(workspace);
  const lanes = newLanes();
  const problems: string[] = [];
  try {
    for (let round = 1; round <= kills; round += 1) {
      const old = aged(workspace);
      const server = await startKilledServer(top);
      // The first change in a directory removes what a killed server has left there.
      await server.ask('POST', 'api/contents', { type: 'directory' });
      const left = old.filter((file) => existsSync(file)).map((file) => `${basename(file)} is still there`);
      let isOver = false;
      const running = lanes.map((lane) => lane.run(server, () => isOver));
      await after(random.below(longestMs));
      isOver = true;
      await server.kill();
      const refused = (await Promise.all(running)).filter((each) => each !== undefined);
      const found = [...lanes.flatMap((lane) => lane.check(workspace)), ...brokenCheckpoints(workspace)];
      problems.push(...[...left, ...refused, ...found].map((problem) => `kill ${round}: ${problem}`));
      // One of each file that was being written, and one of its checkpoint.
      const drafts = draftsIn(workspace).length;
      if (drafts > 2 * lanes.length) problems.push(`kill ${round}: ${drafts} drafts were left`);
      if (round % 10 === 0) told(round);
    }
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
  return problems;
}

function draftsIn(workspace: string): string[] {
  const names = readdirSync(workspace, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => draft.test(basename(name))).map((name) => join(workspace, name));
}

/** The drafts beside the files, as if the server had been killed hours ago. */
function aged(workspace: string): string[] {
  const old = Date.now() / 1000 - staleSeconds;
  const drafts = draftsIn(workspace);
  for (const file of drafts) utimesSync(file, old, old);
  return drafts.filter((file) => join(workspace, basename(file)) === file);
}
