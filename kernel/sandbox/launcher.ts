import type { Config } from '../config.ts';
import { launchInBubblewrap } from './bubblewrap.ts';
import { unavailable } from './bubblewrap-remedies.ts';
import type { Launcher } from './contract.ts';
import { launchUnprotected } from './launcher-none.ts';
import { launchInSeatbelt } from './launcher-seatbelt.ts';

const onlyInLinux = unavailable(
  'Windows has no such sandbox.',
  'Install and run Replique inside WSL 2 (`wsl --install`), where it is a Linux like any other.',
);

/**
 * The launcher that the configuration names, and on macOS its counterpart. There is no fallback: without a sandbox no
 * helper runs.
 */
export function createLauncher(config: Config, platform: NodeJS.Platform = process.platform): Launcher {
  if (config.sandbox === 'none') return { name: 'none', launch: launchUnprotected };
  if (platform === 'darwin') return { name: 'seatbelt', launch: (options) => launchInSeatbelt(options) };
  if (platform === 'win32') return { name: 'bubblewrap', launch: () => Promise.reject(onlyInLinux) };
  return { name: 'bubblewrap', launch: (options) => launchInBubblewrap(options) };
}
