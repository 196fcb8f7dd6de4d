const usage =
  'usage: kernel.js -f CONNECTION_FILE | check | setup [--embedded] | audit verify|show | environment [PROVIDER:MODEL…]';

/**
 * Runs the command that the arguments name and returns the exit status. Each command loads what it needs.
 * @throws RepliqueError where it can't be run
 */
export async function runCommand(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === '-f') {
    const { runKernel } = await import('./run-kernel.ts');
    return runKernel(rest[0] ?? '');
  }
  const { loadConfig } = await import('./config.ts');
  switch (command) {
    case 'check': {
      const { printCheck } = await import('./check/command.ts');
      return printCheck(loadConfig());
    }
    case 'setup': {
      const { runSetup } = await import('./check/setup-command.ts');
      const config = loadConfig();
      return runSetup(rest.includes('--embedded') ? { ...config, provider: 'embedded' } : config);
    }
    case 'audit': {
      const { runAudit, sayOnStdout } = await import('./audit/command.ts');
      const { auditDir, auditKeyFile } = await import('./paths.ts');
      const directory = loadConfig().auditDir ?? auditDir();
      return runAudit({ directory, keyFile: auditKeyFile() }, rest, sayOnStdout);
    }
    case 'environment': {
      const { printEnvironment } = await import('./environment/command.ts');
      return printEnvironment(loadConfig(), rest);
    }
    default:
      process.stderr.write(`${usage}\n`);
      return 2;
  }
}
