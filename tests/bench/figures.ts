/** The value in the middle, or the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** The value below which that part of them lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
}

/** How long `action` took, in milliseconds; what it made is put away after that. */
export async function timed<T>(
  action: () => Promise<T>,
  putAway: (made: T) => Promise<void>,
): Promise<number> {
  const begin = performance.now();
  const made = await action();
  const took = performance.now() - begin;
  await putAway(made);
  return took;
}

/** Lines of name, milliseconds and remark. */
export function table(rows: readonly (readonly [name: string, ms: number, remark: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = ([name, ms, remark]: readonly [string, number, string]): string =>
    `${name.padEnd(width)}  ${ms.toFixed(2).padStart(8)} ms  ${remark}`.trimEnd();
  return ['median', ...rows.map(line)].join('\n');
}
