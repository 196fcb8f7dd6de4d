#!/usr/bin/env node
// What the npm scripts of a checkout call: installs and builds what is missing, then runs the command.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureDependencies } from './dev/dependencies.mjs';
import { ensureBuilt, ensureRunnable } from './dev/ready.mjs';
import { runProgram } from './dev/run-program.mjs';
import { fail } from './dev/say.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Runs the command line tool in this process, so that signals and the terminal reach it directly. */
async function runReplique(args) {
  const program = join(root, 'dist', 'replique.js');
  process.argv = [process.execPath, program, ...args];
  await import(pathToFileURL(program));
}

const commands = {
  build: async () => 0,
  test: async (args) => (await import('./dev/test.mjs')).runTests(root, args),
  check: async () => (await import('./dev/check.mjs')).runChecks(root, measure),
  security: async (args) => {
    process.env['REPLIQUE_TEST_SAMPLE'] = 'all';
    return (await import('./dev/test.mjs')).runTests(root, [
      ...['corpus', 'corpus-session', 'output-attacks', 'output-frame', 'ordinary-user'].map(
        (name) => `tests/security/${name}.test.ts`,
      ),
      ...['--reporter', './tests/security/table.ts', ...args],
    ]);
  },
  conformance: async (args) =>
    (await import('./dev/test.mjs')).runTests(root, below('tests/conformance', args)),
  sessions: (args) => runProgram(process.execPath, [join(root, 'dist/dev/sessions.js'), ...args]),
  fuzz: (args) => runProgram(process.execPath, ['--expose-gc', join(root, 'dist/dev/fuzz.js'), ...args]),
  chaos: (args) => runProgram(process.execPath, [join(root, 'dist/dev/chaos.js'), ...args]),
  timeline: (args) => runProgram(process.execPath, [join(root, 'dist/dev/timeline.js'), ...args]),
  kills: (args) => runProgram(process.execPath, [join(root, 'dist/dev/kills.js'), ...args]),
  eval: (args) => runProgram(process.execPath, [join(root, 'dist/dev/eval.js'), ...args]),
  'bench:server': (args) => commands.bench(['server', ...args]),
  bench: (args) => runProgram(process.execPath, [join(root, 'dist/dev/bench.js'), ...args]),
};

/** Of vitest's arguments the names of tests, as files of that folder; without names all of it. */
function below(folder, args) {
  const isOption = (arg) => arg.startsWith('-');
  const named = args.map((arg) => (isOption(arg) ? arg : `${folder}/${arg}`));
  return args.every(isOption) ? [folder, ...args] : named;
}

async function measure() {
  await ensureBuilt(root);
  await commands.test([]);
}

/** `npm start -- ARGUMENTS`: a command of `replique`, or options of its `start`. */
function startArguments(args) {
  return args[0] === undefined || args[0].startsWith('-') ? ['start', ...args] : args;
}

ensureRunnable();
const [command = 'start', ...args] = process.argv.slice(2);
try {
  if (command === 'check') await ensureDependencies(root);
  else await ensureBuilt(root);
  const run = commands[command];
  if (run) process.exitCode = await run(args);
  else await runReplique(command === 'start' ? startArguments(args) : [command, ...args]);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
