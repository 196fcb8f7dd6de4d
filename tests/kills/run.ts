import { KilledNotebook } from './life.ts';
import { killsPeer } from './peer.ts';
import { livesOf, type Phase } from './plan.ts';

const livesPerNotebook = 10;

export interface Report {
  readonly kills: ReadonlyMap<Phase, number>;
  /** What was lost or half written, each with the number of its notebook. */
  readonly problems: readonly string[];
}

/** Kills kernels: ten times the one of each notebook, in each phase once. */
export async function killKernels(
  seed: number,
  notebooks: readonly number[],
  told: (kills: number) => void = () => undefined,
): Promise<Report> {
  const kills = new Map<Phase, number>();
  const problems: string[] = [];
  for (const number of notebooks) {
    const lives = livesOf(seed, number, livesPerNotebook);
    const peer = await killsPeer();
    const notebook = new KilledNotebook(peer);
    try {
      await notebook.play(lives);
    } catch (error) {
      notebook.problems.push(String(error));
    } finally {
      await notebook.close();
      await peer.close();
    }
    for (const { phase } of lives) kills.set(phase, (kills.get(phase) ?? 0) + 1);
    problems.push(...notebook.problems.map((problem) => `${number}: ${problem}`));
    told([...kills.values()].reduce((sum, each) => sum + each, 0));
  }
  return { kills, problems };
}
