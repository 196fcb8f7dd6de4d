import { setTimeout as sleep } from 'node:timers/promises';
import { stillRuns } from '../../../../kernel/processes.ts';
import { signal } from '../process-tree.ts';
import type { KeepStore } from './store.ts';

/** How long it may take to let go. */
const letGoMs = 5000;
const lookMs = 20;

/** Has the process that listened for the server before let go. Nobody else listens then. */
export async function takeFromWatcher(store: KeepStore): Promise<void> {
  const watcher = store.watch();
  if (watcher === undefined || watcher.pid === process.pid) return;
  const until = performance.now() + letGoMs;
  if (stillRuns(watcher)) signal(watcher.pid, 'SIGTERM');
  const listens = (): boolean => store.watch() !== undefined && stillRuns(watcher);
  while (listens() && performance.now() < until) await sleep(lookMs);
  if (listens()) signal(watcher.pid, 'SIGKILL');
  store.forgetWatch();
}
