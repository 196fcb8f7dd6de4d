import type { Command } from 'commander';
import { auditCommand } from './audit.ts';
import { doctorCommand } from './doctor.ts';
import { exportCommand } from './export.ts';
import { freezeCommand } from './freeze.ts';
import { installCommand } from './install.ts';
import { labCommand } from './lab.ts';
import { passwordCommand } from './password.ts';
import { replayCommand } from './replay.ts';
import { runCommand } from './run.ts';
import { serverCommand } from './server.ts';
import { setupCommand } from './setup.ts';
import { showCommand } from './show.ts';
import { startCommand } from './start.ts';
import { uninstallCommand } from './uninstall.ts';
import { verifyCommand } from './verify.ts';
import { watchKernelsCommand } from './watch-kernels.ts';

/** Every command of `replique`: each adds itself to the program. */
export const commands: readonly ((program: Command) => void)[] = [
  startCommand,
  runCommand,
  labCommand,
  serverCommand,
  passwordCommand,
  replayCommand,
  verifyCommand,
  showCommand,
  exportCommand,
  freezeCommand,
  setupCommand,
  doctorCommand,
  auditCommand,
  installCommand,
  uninstallCommand,
  watchKernelsCommand,
];
