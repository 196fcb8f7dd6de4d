import { Random } from '../fuzz/random.ts';

/** What may go wrong with one call of a provider. */
const faults = ['429', '500', '503', 'reset', 'stall', 'silence', 'garbage', 'truncated'] as const;
export type Fault = (typeof faults)[number];

/** What may go wrong besides, in a loop. */
export const troubles = ['refused', 'malformed', 'worker killed', 'out of memory', 'interrupt'] as const;
type Trouble = (typeof troubles)[number];

/** One turn of the model, in the order in which they are to come. */
export interface PlannedTurn {
  readonly text: string;
  /** What the calls for it come to before one is answered: of the provider, and of its fallback. */
  readonly primary: readonly Fault[];
  readonly fallback: readonly Fault[];
}

export interface Plan {
  readonly number: number;
  /** A word that stands in the prompt, and in the answer. */
  readonly word: string;
  readonly turns: readonly PlannedTurn[];
  /** What each helper writes into the file that tells that it ran. */
  readonly marks: readonly string[];
  readonly troubles: readonly Trouble[];
  /** When a person interrupts, after its beginning. */
  readonly interruptMs?: number;
  /** Whether retries or the fallback can answer every turn: the fallback never fails where the provider does. */
  readonly savable: boolean;
}

/** As many attempts as the provider and its fallback have each, and more. */
const tooMany = 4;

const slow: readonly Fault[] = ['stall', 'silence'];
const malformed = [
  '<helpers lang="python">\nprint(1)\n',
  '<helper>\nprint(1)\n</helper>',
  '<helpers lang="cobol">\nprint(1)\n</helpers>',
  '<helpers lang="python">\n<helpers lang="python">\nprint(1)\n</helpers>\n</helpers>',
  '<result status="ok">\n42\n</result>\nIt is so.',
  '<helpers lang="python">\n</helpers>',
  '',
];

/** The plan of one loop: the same for the same seed and number. */
export function planOf(seed: number, number: number): Plan {
  const random = new Random((seed * 1_000_003 + number * 7919) >>> 0);
  const word = `loop${String(number).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}`;
  const found: Trouble[] = [];
  const happens = (trouble: Trouble, probability: number): boolean => {
    const happening = random.chance(probability);
    if (happening) found.push(trouble);
    return happening;
  };
  const isLost = random.chance(0.04);
  const marks: string[] = [];
  const code = (...lines: readonly string[]): string => {
    marks.push(`${word}-${marks.length}`);
    const body = [`open("ran.txt", "a").write("${marks.at(-1) ?? ''}\\n")`, ...lines].join('\n');
    return `I look.\n<helpers lang="python">\n${body}\n</helpers>`;
  };
  const texts = Array.from({ length: random.below(3) + 1 }, () => code('print("fine, é and 字")'));
  if (happens('malformed', 0.15)) texts.splice(random.below(texts.length + 1), 0, random.pick(malformed));
  if (happens('worker killed', 0.06))
    texts.push(code('import os, signal', 'os.kill(os.getpid(), signal.SIGKILL)'));
  if (happens('out of memory', 0.05)) texts.push(code('kept = [bytearray(10**8) for _ in range(40)]'));
  texts.push(`The answer is ${word}.`);
  const lost = isLost ? random.below(texts.length) : -1;
  const turns = texts.map((text, at): PlannedTurn => {
    if (at === lost)
      return { text, primary: failures(random, tooMany, false), fallback: failures(random, tooMany, false) };
    return {
      text,
      primary: random.chance(0.25) ? failures(random, 1 + random.below(tooMany), true) : [],
      fallback: [],
    };
  });
  happens('refused', lost === -1 ? 0.06 : 0);
  return {
    ...{ number, word, turns, marks, troubles: found, savable: !isLost },
    ...(happens('interrupt', 0.15) && { interruptMs: random.below(1500) }),
  };
}

const failures = (random: Random, count: number, mayBeSlow: boolean): readonly Fault[] =>
  Array.from({ length: count }, () =>
    mayBeSlow && random.chance(0.06)
      ? random.pick(slow)
      : random.pick(faults.filter((fault) => !slow.includes(fault))),
  );
