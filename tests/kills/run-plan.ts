import { Random } from '../fuzz/random.ts';

const targets = ['run', 'in place', 'replay'] as const;
const victims = ['command', 'kernel'] as const;
const phases = ['start', 'cells', 'writing'] as const;

/** A command line that is killed, and when. */
export interface KilledCommand {
  /** `replique run NB --output OUT`, `run NB --output NB`, `replay RECORDED --output OUT`. */
  readonly target: (typeof targets)[number];
  /** Whose process is killed. */
  readonly victim: (typeof victims)[number];
  readonly phase: (typeof phases)[number];
  /** From when the phase begins. */
  readonly afterMs: number;
}

/** The command begins, or a cell; a draft of the output is there, for some milliseconds. */
const longestMs = { start: 900, cells: 900, writing: 6 };

/** Command lines over one notebook, one after the other. Over six of them each phase comes as often for both victims. */
export function commandsOf(seed: number, notebook: number, commands: number): readonly KilledCommand[] {
  const random = new Random(seed * 100_019 + notebook);
  return Array.from({ length: commands }, (_, each) => {
    const at = notebook * commands + each;
    const victim = victims[at % 2]!;
    const phase = phases[Math.floor(at / 2) % 3]!;
    return { target: random.pick(targets), victim, phase, afterMs: random.below(longestMs[phase]) };
  });
}
