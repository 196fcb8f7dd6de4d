import { Random } from '../fuzz/random.ts';

/** A step of a sequence. */
export type Act =
  /** A cell. `isQuick`: the next act comes before anything is kept. */
  | {
      readonly kind: 'cell';
      readonly language: 'python' | 'bash';
      readonly code: string;
      readonly isQuick: boolean;
    }
  /** The cell that far along the path, from 0 to 1, and what follows it are taken back. */
  | { readonly kind: 'rewind'; readonly place: number }
  /** To the end of a branch, chosen by a number from 0 to 1. */
  | { readonly kind: 'checkout'; readonly place: number }
  /** Copies of the memory are lost, so many of all. */
  | { readonly kind: 'evict'; readonly share: number };

const names = ['a', 'b', 'c', 'd'];
const files = ['one.txt', 'two.txt', 'sub/three.txt', 'sub/deep/four.bin'];

/** What ran before any cell: Python as it is at the beginning of a sequence. */
export const prelude = [
  'import os, random, numpy as np, matplotlib',
  'matplotlib.use("agg")',
  'import matplotlib.pyplot as plt',
  'random.seed(0); np.random.seed(0)',
  'plt.figure(); plt.close("all")',
  'a, b, c, d = [1], {"k": 2}, 3, np.arange(4)',
  'def f(x, n=[]):\n    n.append(x)\n    return list(n)',
].join('\n');

type Make = (random: Random) => string;
const variable: Make = (random) => random.pick(names);
const number: Make = (random) => String(random.below(100));
const file: Make = (random) => random.pick(files);

const pythons: readonly Make[] = [
  (r) => `${variable(r)} = ${number(r)}`,
  (r) => `${variable(r)} = [${number(r)}, ${number(r)}]`,
  (r) => `${variable(r)} = {'k': ${number(r)}}`,
  (r) => `${variable(r)} = np.arange(${r.below(20)}) * ${number(r)}`,
  (r) => `${variable(r)} = ${variable(r)}`,
  (r) => `${variable(r)}.append(${number(r)})`,
  (r) => `${variable(r)}['k'] += ${number(r)}`,
  (r) => `${variable(r)} += 1`,
  (r) => `${variable(r)}.append(${variable(r)})`,
  (r) => `del ${variable(r)}`,
  (r) => `random.seed(${number(r)})\n${variable(r)} = random.random()`,
  (r) => `${variable(r)} = [random.random() for _ in range(${r.below(5)})]`,
  (r) => `${variable(r)} = np.random.rand(${r.below(5)})`,
  (r) =>
    `import ${r.pick(['json', 'math', 'decimal', 'colorsys', 'fractions'])} as m\n${variable(r)} = m.__name__`,
  (r) => `def f(x, n=[]):\n    n.append(x)\n    return list(n)\n${variable(r)} = f(${number(r)})`,
  (r) => `${variable(r)} = f(${number(r)})`,
  (r) => `plt.figure(); plt.plot([${number(r)}, ${number(r)}])\nfigure = plt.gcf()`,
  (r) => `plt.plot([${number(r)}])\n${variable(r)} = len(plt.gcf().axes)`,
  () => `plt.close('all')`,
  (r) =>
    `os.makedirs('sub/deep', exist_ok=True)\nwith open('${file(r)}', 'w') as out: out.write('${number(r)}' * ${r.below(50)})`,
  (r) => `with open('${file(r)}', 'a') as out: out.write(str(${variable(r)}))`,
  (r) => `${variable(r)} = open('${file(r)}').read()`,
  (r) => `os.remove('${file(r)}')`,
  (r) => `os.replace('${file(r)}', '${file(r)}')`,
  (r) => `os.chmod('${file(r)}', 0o6${r.below(5)}4)`,
  (r) => `import shutil; shutil.rmtree('sub')\n${variable(r)} = 1`,
  (r) => `${variable(r)} = ${number(r)}\n1 / 0`,
  (r) => `with open('${file(r)}', 'w') as out:\n    out.write('half')\n    raise ValueError(${number(r)})`,
  (r) => `sorted([${number(r)}, ${number(r)}])`,
  (r) => `${variable(r)} = _`,
  (r) =>
    `get_ipython().run_line_magic('cd', '-q sub')\nget_ipython().run_line_magic('cd', '-q ..')\n${variable(r)} = os.path.basename(os.getcwd()) != ''`,
];

const bashes: readonly Make[] = [
  (r) => `mkdir -p sub/deep; echo ${number(r)} >> ${file(r)}`,
  (r) => `cat *.txt > ${file(r)}`,
  (r) => `rm -rf ${file(r)}`,
  (r) => `ln -sf one.txt link${r.below(2)}`,
  () => `exit 3`,
];

/** Acts of a sequence; the last one goes somewhere. */
export function planOf(seed: number, sequence: number): readonly Act[] {
  const random = new Random(seed * 100_003 + sequence);
  const acts = Array.from({ length: 6 + random.below(14) }, (): Act => {
    const kind = random.next();
    if (kind < 0.12) return { kind: 'rewind', place: random.next() };
    if (kind < 0.2) return { kind: 'checkout', place: random.next() };
    if (kind < 0.26) return { kind: 'evict', share: random.next() };
    const isBash = random.chance(0.12);
    const makes = isBash ? bashes : pythons;
    const code = Array.from({ length: 1 + random.below(2) }, () => random.pick(makes)(random)).join('\n');
    return { kind: 'cell', language: isBash ? 'bash' : 'python', code, isQuick: random.chance(0.3) };
  });
  const last = random.next();
  return [...acts, random.chance(0.5) ? { kind: 'rewind', place: last } : { kind: 'checkout', place: last }];
}
