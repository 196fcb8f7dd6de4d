import type { Command } from 'commander';
import { print } from './terminal.ts';

/** `replique password`: a password for the server's login. */
export function passwordCommand(program: Command): void {
  program
    .command('password <file>')
    .description('set a password for `replique server --password-file`')
    .action(async (file: string) => {
      const { setPassword } = await import('../server/password.ts');
      await setPassword(file);
      print(`The password is set. Start the server with --password-file ${file}`);
    });
}
