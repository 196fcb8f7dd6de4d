const mask = '[redacted]';

/** Whether a recorded text is this one: where a secret was taken out of it, anything may stand. */
export function isSame(recorded: string, now: string): boolean {
  if (recorded === now) return true;
  if (!recorded.includes(mask)) return false;
  const pieces = recorded.split(mask);
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const isLast = index === pieces.length - 1;
    const found = isLast ? now.length - piece.length : now.indexOf(piece, at);
    if (found < at || (index === 0 && found !== 0) || !now.startsWith(piece, found)) return false;
    at = found + piece.length;
  }
  return true;
}
