import type { Config } from '../config.ts';
import { launchInBubblewrap } from './bubblewrap.ts';
import type { Launcher } from './contract.ts';
import { launchUnprotected } from './launcher-none.ts';

/** The launcher that the configuration names. There is no fallback: without a sandbox no helper runs. */
export function createLauncher(config: Config): Launcher {
  return config.sandbox === 'none'
    ? { name: 'none', launch: launchUnprotected }
    : { name: 'bubblewrap', launch: (options) => launchInBubblewrap(options) };
}
