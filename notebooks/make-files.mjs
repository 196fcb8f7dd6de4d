#!/usr/bin/env node
// Makes the files that quickstart.ipynb works on. Usage: node make-files.mjs [--seed N] [DIRECTORY]
// The same seed makes the same files; the ones in the repository are of seed 1.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Mulberry32: a small generator with a 32-bit state; numbers in [0, 1). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes notes/*.txt, numbers.txt, sales.csv and readings.txt below the directory. */
export function makeFiles(directory, seed) {
  const random = generator(seed);
  const integer = (low, high) => low + Math.floor(random() * (high - low + 1));
  const pick = (list) => list[integer(0, list.length - 1)];
  const write = (name, lines) => writeFileSync(join(directory, name), `${lines.join('\n')}\n`);

  mkdirSync(join(directory, 'notes'), { recursive: true });
  const words =
    'the lamp of harbour keeps a quiet watch while boats come home late under rain and stars'.split(' ');
  const sentence = () => Array.from({ length: integer(4, 11) }, () => pick(words)).join(' ');
  const notes = ['monday', 'tuesday', 'thursday', 'friday', 'saturday', 'sunday'].slice(0, integer(3, 6));
  for (const name of notes) write(`notes/${name}.txt`, Array.from({ length: integer(2, 6) }, sentence));

  write(
    'numbers.txt',
    Array.from({ length: integer(30, 60) }, () => String(integer(1, 999))),
  );

  const regions = ['North', 'South', 'East', 'West'];
  const sales = Array.from({ length: integer(40, 80) }, () => {
    const day = `2026-${String(integer(1, 12)).padStart(2, '0')}-${String(integer(1, 28)).padStart(2, '0')}`;
    return `${day},${pick(regions)},${integer(10, 500)}`;
  });
  write('sales.csv', ['date,region,amount', ...sales.sort()]);

  write(
    'readings.txt',
    Array.from({ length: integer(20, 40) }, () => (integer(50, 400) / 10).toFixed(1)),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const at = args.indexOf('--seed');
  const seed = at < 0 ? 1 : Number(args.splice(at, 2)[1]);
  if (!Number.isInteger(seed)) {
    console.error('make-files: --seed takes a whole number');
    process.exit(2);
  }
  makeFiles(args[0] ?? dirname(fileURLToPath(import.meta.url)), seed);
}
