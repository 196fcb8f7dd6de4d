import type { Config } from '../config.ts';
import { systemCheck } from './system-check.ts';

/**
 * Prints the system check as one JSON line on stdout; the exit status is 1 if the main job can't run. A signal cuts it
 * short, and what it made for its trials is removed all the same.
 */
export async function printCheck(config: Config): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop.abort());
  process.stdout.on('error', () => undefined); // who asked has gone
  const report = await systemCheck(config, stop.signal);
  await new Promise<void>((resolve) => {
    process.stdout.write(`${JSON.stringify(report)}\n`, () => resolve());
  });
  return report.ok ? 0 : 1;
}
