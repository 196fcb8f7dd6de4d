import type { Config } from '../config.ts';
import { collectEnvironment } from './collect.ts';

/**
 * Prints what a session's results would depend on, as one line of JSON on stdout. The model is in it where it is configured.
 * @returns the exit status
 * @throws Error where there is no Python, or it can't be asked
 */
export async function printEnvironment(config: Config): Promise<number> {
  const { environment, python } = await collectEnvironment(config);
  const { provider, model } = config;
  const isNamed = provider !== 'auto' && model !== undefined;
  const present = {
    environment: { ...environment, ...(isNamed && { model: { provider, name: model } }) },
    python,
  };
  await new Promise<void>((resolve) => {
    process.stdout.write(`${JSON.stringify(present)}\n`, () => resolve());
  });
  return 0;
}
