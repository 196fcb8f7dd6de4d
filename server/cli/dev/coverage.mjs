import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testedHash } from './freshness.mjs';

const wanted = 90;
const stampFile = (root) => join(root, 'coverage', '.tested');
const summaryFile = (root) => join(root, 'coverage', 'coverage-summary.json');

/** Remembers that the coverage measured just now is of the files with this hash. */
export function noteCoverage(root, hash) {
  if (existsSync(summaryFile(root))) writeFileSync(stampFile(root), hash);
}

/** The lines and branches covered, in per cent, or `undefined` if these files were not measured yet. */
export function measuredCoverage(root) {
  try {
    if (readFileSync(stampFile(root), 'utf8') !== testedHash(root)) return undefined;
    const { total } = JSON.parse(readFileSync(summaryFile(root), 'utf8'));
    return { lines: total.lines.pct, branches: total.branches.pct };
  } catch {
    return undefined;
  }
}

/** Is as much of the code covered as we want? */
export const isEnough = ({ lines, branches }) => lines >= wanted && branches >= wanted;
