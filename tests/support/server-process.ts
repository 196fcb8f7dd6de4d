import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const startMs = 90_000;

/** Waits until Jupyter's server answers there. @param path that it has */
export async function answers(origin: string, path = '/api'): Promise<void> {
  const until = Date.now() + startMs;
  for (;;) {
    const response = await fetch(origin + path).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > until) throw new Error('Jupyter’s server did not start.');
    await sleep(100);
  }
}

/** Ends a server, gently first. */
export async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(late);
}
