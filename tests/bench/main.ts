import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { dataDir } from '../../kernel/paths.ts';
import { benchFirewall } from './firewall.ts';
import { benchLoop } from './loop.ts';
import { benchReplay } from './replay.ts';
import { benchSandbox } from './sandbox.ts';
import { benchServer } from './server.ts';
import { benchSnapshots } from './snapshots.ts';

/**
 * `npm run bench`: Replique's kernel beside ipykernel, both from Jupyter's own client; arguments go to kernels.py.
 * `npm run bench -- sandbox`: what isolation costs.
 * `npm run bench -- snapshots`: what it takes to keep the memory of a session and to go back to it.
 * `npm run bench -- firewall`: how fast outputs pass the firewall.
 * `npm run bench -- loop`: what the loop adds to a turn.
 * `npm run bench -- replay`: what the replay of a notebook takes.
 * `npm run bench:server`: Replique's server beside jupyter_server; `--runs N --kernels N --sockets N`.
 * `npm run bench -- leak`: 20,000 cells and 200 restarts, and what grows; arguments go to leak.py.
 */
async function main(args: readonly string[]): Promise<number> {
  if (args[0] === 'sandbox') {
    await benchSandbox();
    return 0;
  }
  if (args[0] === 'snapshots') {
    await benchSnapshots();
    return 0;
  }
  if (args[0] === 'replay') {
    await benchReplay();
    return 0;
  }
  if (args[0] === 'firewall') {
    benchFirewall();
    return 0;
  }
  if (args[0] === 'server') {
    await benchServer(args.slice(1));
    return 0;
  }
  if (args[0] === 'loop') {
    await benchLoop();
    return 0;
  }
  const [script, rest] = args[0] === 'leak' ? ['leak.py', args.slice(1)] : ['kernels.py', args];
  const python = join(dataDir(), 'python', 'tests', 'bin', 'python');
  const { status, error } = spawnSync(
    python,
    [join('tests', 'bench', script), '--argv', JSON.stringify(kernelArgv()), ...rest],
    { stdio: 'inherit' },
  );
  if (error) console.error(`${python} could not be started: ${error.message}`);
  return status ?? 1;
}

/** As the installed kernelspec has it. */
function kernelArgv(): readonly string[] {
  const spec = JSON.parse(readFileSync(join('kernelspec', 'kernel.json'), 'utf8')) as {
    readonly argv: readonly string[];
  };
  const programs: Readonly<Record<string, string>> = {
    '{node}': process.execPath,
    '{kernel}': resolve('dist', 'kernel.js'),
  };
  return spec.argv.map((part) => programs[part] ?? part);
}

process.exitCode = await main(process.argv.slice(2));
