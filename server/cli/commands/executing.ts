import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Difference } from '../../../kernel/environment/compare.ts';
import { describeError, repliqueError } from '../../../kernel/errors.ts';
import type { Present } from '../../../kernel/environment/schema.ts';
import { changedFiles } from '../environment/files.ts';
import { reportEnvironment, type EnvironmentReport } from '../environment/differences.ts';
import { buildWith, type Built } from '../environment/build.ts';
import { settleLocked } from '../environment/locked.ts';
import { presentEnvironment } from '../environment/present.ts';
import { recordedModel } from '../environment/recorded.ts';
import type { NotebookFile } from '../notebook/read.ts';
import { checkWritable, writeWhole } from '../notebook/write.ts';
import { statusOf, stoppedStatus } from '../report/exit-status.ts';
import type { Done } from '../report/json.ts';
import type { Mode } from '../run/cell-report.ts';
import type { Job } from '../run/jobs.ts';
import { addParameter } from '../run/parameters.ts';
import type { Parameters } from '../run/parameters.ts';
import { readForRunning } from '../run/read.ts';
import { withStops, type Stops } from '../run/signals.ts';
import { namedWorkspace, notedWorkspace, ownFolder, recordedWorkspace } from '../run/workspaces.ts';
import { Bars } from '../terminal/bars.ts';
import { terminal } from './terminal.ts';

interface Options {
  readonly output?: string;
  readonly json?: boolean;
  readonly junit?: string;
  readonly parameters?: Parameters;
  readonly jobs: number;
  readonly locked?: boolean;
  readonly workspace?: string;
}

export interface Executing {
  readonly mode: Mode;
  readonly description: string;
  readonly outputHelp: string;
  /** Where a notebook is written that no option names. */
  readonly outputOf: (notebook: string) => string | undefined;
  /** Which differences keep a locked notebook from being executed; absent: it can't be locked. */
  readonly locks?: (difference: Difference) => boolean;
  /** Makes sure of what the mode needs, before the first kernel is started. */
  readonly setUp: () => Promise<void>;
}

/** Adds a command that executes notebooks: `run`, `replay` or `verify`. */
export function executingCommand(program: Command, executing: Executing): void {
  const command = program
    .command(`${executing.mode} <notebooks...>`)
    .description(executing.description)
    .option('--output <file>', executing.outputHelp)
    .option('-p, --parameters <name value>', 'set a variable, as papermill does; repeatable', addParameter)
    .option('--jobs <number>', 'notebooks to execute at once', jobsOf, 1)
    .option('--json', 'write a report as JSON on stdout, and nothing else there')
    .option('--junit <file>', 'write a report as JUnit XML');
  if (executing.locks) {
    command.option('--locked', 'make the recorded environment, or refuse');
    command.option('--workspace <dir>', 'the folder that code works in (default: the notebook’s own)');
  }
  command.action(async (notebooks: string[], options: Options) => {
    const named = options.workspace === undefined ? undefined : await namedWorkspace(options.workspace);
    const workspaceOf = async (notebook: string) =>
      named ?? (executing.mode === 'verify' ? await notedWorkspace(notebook) : undefined);
    const jobs = await Promise.all(
      notebooks.map(async (notebook) => ({
        notebook,
        output: options.output ?? executing.outputOf(notebook),
        workspace: await workspaceOf(notebook),
      })),
    );
    await check(jobs, options);
    await executing.setUp();
    await withStops(async (stops) => {
      const settled = await settle(executing, jobs, options, stops.quit).catch((error: unknown) => {
        if (!stops.quit.aborted) throw error;
      });
      if (settled === undefined) {
        process.stderr.write('Stopped before the first notebook: no environment is made, and nothing ran.\n');
        process.exitCode = stoppedStatus;
        return;
      }
      try {
        await executeAll(executing.mode, settled, options, stops);
      } finally {
        await settled.release();
      }
    });
  });
}

const mostJobs = 64;

function jobsOf(word: string): number {
  const jobs = Number(word);
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= mostJobs) return jobs;
  throw new InvalidArgumentError(
    `Write a number from 1 to ${mostJobs}; this machine has ${availableParallelism()} processors.`,
  );
}

/** What is wrong is told before anything is set up, and not after minutes of work. */
async function check(jobs: readonly Job[], { output, junit }: Options): Promise<void> {
  if (output !== undefined && jobs.length > 1) {
    throw repliqueError('USAGE', {
      problem: `--output names one file, and there are ${jobs.length} notebooks.`,
      remedy: 'Leave it out, or name one notebook at a time.',
    });
  }
  const named = [...jobs.flatMap((job) => job.output ?? []), ...(junit === undefined ? [] : [junit])];
  const twice = named.map((file) => resolve(file)).find((file, at, all) => all.indexOf(file) !== at);
  if (twice !== undefined) {
    const problem = `${twice} would be written twice.`;
    throw repliqueError('USAGE', { problem, remedy: 'Name each notebook once, and other files.' });
  }
  for (const { notebook } of jobs) await readForRunning(notebook);
  for (const file of named) await checkWritable(file);
  if (junit !== undefined && (await isOneOf(junit, jobs))) {
    const problem = `--junit names the notebook ${junit}, which would be lost.`;
    throw repliqueError('USAGE', { problem, remedy: 'Name another file.' });
  }
}

interface Settled {
  /** With the Python of each. */
  readonly jobs: readonly Job[];
  /** How each notebook's environment is another one than recorded, by its name. */
  readonly environments: ReadonlyMap<string, EnvironmentReport>;
  /** Ends the use of the Pythons. */
  readonly release: () => Promise<void>;
}

/**
 * Makes sure of the environment of what is locked; for a verify, says how each notebook's is another one.
 * @param quit aborted: nothing is made any more
 * @throws RepliqueError as `settleLocked`
 */
async function settle(
  { mode, locks = () => true }: Executing,
  jobs: readonly Job[],
  { locked = false }: Options,
  quit: AbortSignal,
): Promise<Settled> {
  const environments = new Map<string, EnvironmentReport>();
  const built: Built[] = [];
  const release = async () => {
    await Promise.all(built.map((one) => one.release()));
  };
  if (!locked && mode !== 'verify') return { jobs, environments, release };
  const files = await Promise.all(jobs.map(({ notebook }) => readForRunning(notebook)));
  const models = files.flatMap(({ notebook }) => recordedModel(notebook) ?? []);
  const present = await presentEnvironment({ models }).catch((error: unknown) => error as Error);
  if (locked && present instanceof Error) throw present;
  const settleOne = async (job: Job): Promise<Job> => {
    const file = await readForRunning(job.notebook);
    let made: Built | undefined;
    if (locked && !(present instanceof Error)) {
      made = await settleLocked(file, present, { counts: locks, build: buildWith(terminal(), quit) });
    }
    if (made) built.push(made);
    const report =
      mode === 'verify' ? await reportOn(file, made?.present ?? present, job.workspace) : undefined;
    if (report) environments.set(job.notebook, report);
    return made ? { ...job, python: made.present.python } : job;
  };
  try {
    const all: Job[] = [];
    for (const job of jobs) all.push(await settleOne(job));
    return { jobs: all, environments, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function reportOn(file: NotebookFile, present: Present | Error, workspace: string | undefined) {
  const elsewhere = workspace === undefined ? recordedWorkspace(file) : undefined;
  const folder = elsewhere === undefined ? [] : [anotherFolder(elsewhere)];
  return reportEnvironment(file, present, [
    ...folder,
    ...(await changedFiles(file, workspace ?? ownFolder(file.path))),
  ]);
}

const anotherFolder = (name: string): Difference => ({
  kind: 'folder',
  name,
  isBinding: false,
  concerns: 'code',
});

async function isOneOf(file: string, jobs: readonly Job[]): Promise<boolean> {
  const identity = async (path: string) => {
    const info = await stat(path).catch(() => undefined);
    return info && `${info.dev}:${info.ino}`;
  };
  const its = await identity(file);
  if (its === undefined) return false;
  return (await Promise.all(jobs.map(({ notebook }) => identity(notebook)))).includes(its);
}

async function executeAll(
  mode: Mode,
  { jobs, environments }: Settled,
  options: Options,
  stops: Stops,
): Promise<void> {
  const [{ runJobs }, { reportOf }, { junitXml }] = await Promise.all([
    import('../run/jobs.ts'),
    import('../report/json.ts'),
    import('../report/junit.ts'),
  ]);
  const { json, junit, parameters, jobs: atOnce } = options;
  const out = json ? undefined : process.stdout;
  const apart = jobs.length > 1 && atOnce > 1;
  const done = await runJobs({
    ...{ mode, jobs, atOnce, parameters, out, environments, stops },
    progress: progressOf(mode, Boolean(json), apart),
    present: async (python) => (await presentEnvironment({ python })).environment,
  });
  process.exitCode = statusOf(done);
  if (json) process.stdout.write(`${JSON.stringify(reportOf(mode, process.exitCode, done), null, 2)}\n`);
  if (junit !== undefined) await writeWhole(junit, junitXml(mode, done));
  for (const one of done) tell(one, mode);
}

/** Bars at a terminal, lines elsewhere; nothing where what the notebook shows tells how far it is. */
function progressOf(mode: Mode, json: boolean, apart: boolean) {
  const isTold = !json && !apart;
  if (!process.stderr.isTTY) return isTold ? undefined : process.stderr;
  const streamsHere = mode === 'run' && process.stdout.isTTY;
  return isTold && streamsHere ? undefined : new Bars();
}

function tell({ problem, written, output, notebook, stopped, cells }: Done, mode: Mode): void {
  if (problem) process.stderr.write(`${describeError(problem)}\n`);
  if (written && output !== undefined) process.stderr.write(`\nWritten to ${output}\n`);
  else if (mode === 'run' && !problem && !written) {
    process.stderr.write('Stopped before the first cell: nothing is written.\n');
  } else if (stopped && cells.length === 0) process.stderr.write(`${notebook} was not begun.\n`);
}
