import { Random } from '../fuzz/random.ts';

/** What a kernel does when it is killed. */
const phases = [
  'start',
  'comeback',
  'turn',
  'helper',
  'code',
  'row',
  'move',
  'reply',
  'idle',
  'later',
] as const;
type Phase = (typeof phases)[number];

/** A step of a person's. */
export type Act =
  | { readonly kind: 'prompt' | 'code'; readonly fails: boolean }
  /** Code cells that are sent at once. */
  | { readonly kind: 'row'; readonly cells: number }
  | { readonly kind: 'branch' }
  /** By a number from 0 to 1: of the cells of the path, or of the branches. */
  | { readonly kind: 'rewind' | 'checkout'; readonly place: number };

/** A kernel's life: what is done, and its end. */
export interface Life {
  readonly acts: readonly Act[];
  readonly phase: Phase;
  /** What is done last; in some phases nothing is. */
  readonly last: Act;
  /** From when the phase begins. */
  readonly afterMs: number;
}

/** The longest that a phase is waited in. */
const longestMs: Readonly<Record<Phase, number>> = {
  ...{ start: 900, comeback: 700, turn: 120, helper: 700, code: 80, row: 120, move: 120 },
  ...{ reply: 30, idle: 120, later: 2500 },
};

/** The lives of one notebook, one after the other. Over all notebooks each phase comes as often. */
export function livesOf(seed: number, notebook: number, lives: number): readonly Life[] {
  const random = new Random(seed * 100_003 + notebook);
  return Array.from({ length: lives }, (_, at) => {
    const phase = phases[(notebook * lives + at) % phases.length]!;
    const acts = Array.from({ length: 1 + random.below(3) }, () => actOf(random));
    return { acts, phase, last: lastOf(random, phase), afterMs: random.below(longestMs[phase]) };
  });
}

function actOf(random: Random): Act {
  const kind = random.next();
  if (kind < 0.3) return { kind: 'prompt', fails: random.chance(0.2) };
  if (kind < 0.6) return { kind: 'code', fails: random.chance(0.3) };
  if (kind < 0.7) return { kind: 'row', cells: 2 + random.below(4) };
  return moveOf(random);
}

function moveOf(random: Random): Act {
  const kind = random.pick(['rewind', 'rewind', 'checkout', 'branch'] as const);
  return kind === 'branch' ? { kind } : { kind, place: random.next() };
}

function lastOf(random: Random, phase: Phase): Act {
  switch (phase) {
    case 'turn':
    case 'helper':
      return { kind: 'prompt', fails: false };
    case 'code':
      return { kind: 'code', fails: false };
    case 'row':
      return { kind: 'row', cells: 6 };
    case 'move':
      return moveOf(random);
    default:
      return actOf(random);
  }
}
