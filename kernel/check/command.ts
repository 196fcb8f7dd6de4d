import type { Config } from '../config.ts';
import { systemCheck } from './system-check.ts';

/** Prints the system check as one JSON line on stdout; the exit status is 1 if the main job can't run. */
export async function printCheck(config: Config): Promise<number> {
  const report = await systemCheck(config, new AbortController().signal);
  await new Promise<void>((resolve) => {
    process.stdout.write(`${JSON.stringify(report)}\n`, () => resolve());
  });
  return report.ok ? 0 : 1;
}
