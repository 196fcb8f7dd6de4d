/** npm passes on a signal that the terminal has sent already: two within this time are one. */
const SAME_PRESS_MS = 300;

/** What Ctrl-C and the system's wish to end do to notebooks that run. */
export interface Stops {
  /** Aborted by a second Ctrl-C, by one that comes when nothing runs, and by SIGTERM and SIGHUP. */
  readonly quit: AbortSignal;
  /** The first Ctrl-C has come: no further notebook is to begin. */
  readonly asked: () => boolean;
  /** Names what the first Ctrl-C does to one notebook; the result takes that back. */
  add(interrupt: () => void): () => void;
}

/** Listens to the signals while `work` is done. */
export async function withStops<T>(work: (stops: Stops) => Promise<T>): Promise<T> {
  const quit = new AbortController();
  const interrupts = new Set<() => void>();
  let asked = false;
  let last = -Infinity;
  const onSignal = () => {
    const now = performance.now();
    if (now - last < SAME_PRESS_MS) return;
    last = now;
    if (asked || interrupts.size === 0) quit.abort();
    asked = true;
    for (const interrupt of interrupts) interrupt();
    interrupts.clear();
  };
  const onTerminate = () => {
    asked = true;
    quit.abort();
  };
  process.on('SIGINT', onSignal);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, onTerminate);
  const add = (interrupt: () => void) => {
    if (asked) interrupt();
    else interrupts.add(interrupt);
    return () => void interrupts.delete(interrupt);
  };
  try {
    return await work({ quit: quit.signal, asked: () => asked, add });
  } finally {
    process.off('SIGINT', onSignal);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, onTerminate);
  }
}
