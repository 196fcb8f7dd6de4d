/**
 * How much of a total each part may have: all of it where there is room, else the same for all those that want more,
 * and what small ones leave is theirs, too.
 */
export function shares(wanted: readonly number[], total: number): readonly number[] {
  const granted = wanted.map(() => 0);
  let left = total;
  const order = wanted.map((want, at) => ({ want, at })).sort((a, b) => a.want - b.want);
  for (const [done, { want, at }] of order.entries()) {
    const share = Math.min(want, Math.floor(left / (order.length - done)));
    granted[at] = share;
    left -= share;
  }
  return granted;
}
