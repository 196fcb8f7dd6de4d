import { runCommand } from './commands.ts';
import { describeError } from './errors.ts';

try {
  process.exit(await runCommand(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(1);
}
