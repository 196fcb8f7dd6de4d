import { KilledCommands } from './commands.ts';
import { KilledNotebook } from './life.ts';
import { killsPeer, type KillsPeer } from './peer.ts';
import { livesOf } from './plan.ts';
import { commandsOf } from './run-plan.ts';

const livesPerNotebook = 10;
const commandsPerNotebook = 3;

/** What is killed: kernels of a client, or the command line and its kernels. */
export const targets = ['kernels', 'commands'] as const;
export type Target = (typeof targets)[number];

export interface Report {
  readonly kills: ReadonlyMap<string, number>;
  /** What was lost or half written, each with the number of its notebook. */
  readonly problems: readonly string[];
}

/** Kills kernels: ten times the one of each notebook, in each phase once; and command lines that execute a notebook, three times. */
export async function kill(
  seed: number,
  notebooks: readonly number[],
  wanted: readonly Target[] = targets,
  told: (kills: number, problems: readonly string[]) => void = () => undefined,
): Promise<Report> {
  const kills = new Map<string, number>();
  const problems: string[] = [];
  for (const number of notebooks)
    for (const target of wanted) {
      const peer = await killsPeer();
      try {
        const killed = await killers[target](peer, seed, number);
        for (const phase of killed.phases) kills.set(phase, (kills.get(phase) ?? 0) + 1);
        const found = killed.problems.map((problem) => `${number}: ${problem}`);
        problems.push(...found);
        told(
          [...kills.values()].reduce((sum, each) => sum + each, 0),
          found,
        );
      } finally {
        await peer.close();
      }
    }
  return { kills, problems };
}

interface Killed {
  readonly phases: readonly string[];
  readonly problems: readonly string[];
}

const killers: Readonly<Record<Target, (peer: KillsPeer, seed: number, number: number) => Promise<Killed>>> =
  {
    kernels: async (peer, seed, number) => {
      const lives = livesOf(seed, number, livesPerNotebook);
      const notebook = new KilledNotebook(peer);
      const problems = await played(notebook, notebook.play(lives));
      const isLost = problems.length > 0;
      await notebook.close(isLost);
      const kept = isLost ? [`what there was is in ${notebook.top}`] : [];
      return { phases: lives.map(({ phase }) => phase), problems: [...problems, ...kept] };
    },
    commands: async (peer, seed, number) => {
      const commands = commandsOf(seed, number, commandsPerNotebook);
      const notebook = new KilledCommands(peer);
      const problems = await played(notebook, notebook.play(commands));
      notebook.close();
      return { phases: commands.map(({ victim, phase }) => `${victim} in ${phase}`), problems };
    },
  };

async function played(
  { problems }: { readonly problems: readonly string[] },
  play: Promise<void>,
): Promise<readonly string[]> {
  const thrown = await play.then(
    () => [],
    (error: unknown) => [String(error)],
  );
  return [...problems, ...thrown];
}
