/** Cuts a streamed text before the first stop sequence, wherever the chunks happen to be split. */
export interface StopFilter {
  /** Takes the next chunk and returns what may be shown; the start of a possible stop sequence is held back. */
  push(chunk: string): string;
  /** The text is over: returns what was held back. */
  flush(): string;
  /** A stop sequence was met; whatever follows it is dropped. */
  readonly stopped: boolean;
}

/**
 * The sequence that is complete first ends the text; of those complete at the same place, the longest. So the result
 * does not depend on how the text was cut into chunks.
 */
export function stopFilter(sequences: readonly string[]): StopFilter {
  const stops = sequences.filter((stop) => stop !== '');
  let held = '';
  let stopped = false;
  return {
    push(chunk) {
      if (stopped) return '';
      held += chunk;
      const cut = firstStop(held, stops);
      stopped = cut !== undefined;
      const end = cut ?? held.length - possibleStart(held, stops);
      const shown = held.slice(0, end);
      held = stopped ? '' : held.slice(end);
      return shown;
    },
    flush() {
      const rest = held;
      held = '';
      return rest;
    },
    get stopped() {
      return stopped;
    },
  };
}

function firstStop(text: string, stops: readonly string[]): number | undefined {
  let best: { start: number; end: number } | undefined;
  for (const stop of stops) {
    const start = text.indexOf(stop);
    if (start === -1) continue;
    const end = start + stop.length;
    if (best === undefined || end < best.end || (end === best.end && start < best.start))
      best = { start, end };
  }
  return best?.start;
}

/** Length of the longest end of `text` that some stop sequence begins with. */
function possibleStart(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    const most = Math.min(stop.length - 1, text.length);
    for (let length = most; length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
