import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isHeld, latest, leave, take } from '../../../../server/services/kernels/keep/claims.ts';

describe('who has a directory', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rcl-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is one at a time, and leaves one file, however often it changes', () => {
    expect(latest(directory)).toBe(0);
    for (let restart = 1; restart <= 20; restart += 1) {
      expect(take(directory)).toBe(restart);
      expect(isHeld(directory)).toBe(true);
      leave(directory, restart);
      expect(isHeld(directory)).toBe(false);
    }
    expect(readdirSync(directory)).toEqual(['claim-20.json']);
    expect(isHeld(directory, 3)).toBe(false);
  });

  it('is nobody who counts on a number of long ago', () => {
    for (let restart = 1; restart <= 5; restart += 1) take(directory);
    expect(take(directory, 2)).toBeUndefined();
    expect(take(directory, 4)).toBeUndefined();
    expect(latest(directory)).toBe(5);
    expect(readdirSync(directory)).toEqual(['claim-5.json']);
  });

  it('is not told by a file that holds something else', () => {
    writeFileSync(join(directory, 'claim-7.json'), '[]');
    writeFileSync(join(directory, 'claim-x.json'), '{}');
    expect([latest(directory), isHeld(directory)]).toEqual([7, false]);
    expect(take(directory)).toBe(8);
  });
});
