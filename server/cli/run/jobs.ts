import { relative } from 'node:path';
import type { Bars } from '../terminal/bars.ts';
import type { Out } from '../terminal/progress.ts';
import type { Done } from '../report/json.ts';
import type { EnvironmentReport } from '../environment/differences.ts';
import { cellLines, environmentLines, summaryLine } from '../report/text.ts';
import type { Mode } from './cell-report.ts';
import type { View } from './execute.ts';
import { runNotebook } from './notebook.ts';
import type { RunOptions } from './notebook.ts';
import type { Parameters } from './parameters.ts';
import { NotebookProgress } from './progress.ts';
import { TerminalShow } from './show.ts';
import type { Stops } from './signals.ts';

export interface Job {
  readonly notebook: string;
  readonly output?: string | undefined;
  /** The Python of its helpers; absent: the configured one. */
  readonly python?: string;
  /** The folder that its code works in; absent: its own. */
  readonly workspace?: string | undefined;
}

export interface JobsOptions {
  readonly mode: Mode;
  readonly jobs: readonly Job[];
  /** How many notebooks run at once. */
  readonly atOnce: number;
  readonly parameters?: Parameters | undefined;
  /** Where what the notebooks show goes; nowhere, if not given. */
  readonly out?: Out | undefined;
  /** Where it says how far each is; nowhere, if not given. */
  readonly progress?: Bars | Out | undefined;
  /** How the environment of each is another one than recorded, by the notebook's name. */
  readonly environments?: ReadonlyMap<string, EnvironmentReport>;
  readonly present?: RunOptions['present'];
  readonly stops: Stops;
  /** Another kernel than Replique's, as `startKernel` takes it. */
  readonly command?: RunOptions['command'];
}

/**
 * Executes notebooks, each in a kernel of its own. What several show at once is kept apart: each is shown whole when it has
 * ended.
 */
export async function runJobs(options: JobsOptions): Promise<Done[]> {
  const done: Done[] = [];
  const waiting = [...options.jobs.entries()];
  const next = async (): Promise<void> => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      done[job[0]] = options.stops.asked() ? notBegun(job[1]) : await runJob(job[1], options);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.atOnce, options.jobs.length) }, next));
  return done;
}

const notBegun = (job: Job): Done => ({ ...job, ok: false, written: false, stopped: true, cells: [] });

async function runJob(job: Job, options: JobsOptions): Promise<Done> {
  const { mode, parameters, stops, jobs, progress, command, present } = options;
  const apart = jobs.length > 1 && options.atOnce > 1;
  const held: string[] = [];
  const direct = outOf(options);
  const out = direct && apart ? { isTTY: direct.isTTY, write: (text: string) => held.push(text) } : direct;
  const bar = progress && new NotebookProgress(job.notebook, progress);
  if (jobs.length > 1 || mode !== 'run') out?.write(`${titleOf(job)}\n`);
  const environment = options.environments?.get(job.notebook);
  if (environment) out?.write(environmentLines(environment));
  let remove: (() => void) | undefined;
  const onStart = (interrupt: () => void) => (remove = stops.add(interrupt));
  try {
    const view = viewOf(mode, out, bar);
    const run = { ...job, mode, parameters, view, quit: stops.quit, onStart, command, present };
    const result = await runNotebook(run);
    if (jobs.length > 1 || mode !== 'run') out?.write(summaryLine(mode, result.cells, environment));
    return { ...job, ...result, environment };
  } catch (error) {
    return { ...notBegun(job), stopped: false, problem: error as Error };
  } finally {
    remove?.();
    bar?.end();
    if (held.length > 0) direct?.write(`${held.join('')}\n`);
  }
}

/** The notebook, and where its code works if that is elsewhere. */
const titleOf = ({ notebook, workspace }: Job): string =>
  workspace === undefined ? notebook : `${notebook}, in ${relative('.', workspace) || '.'}`;

/** The output, with bars kept below what is written. */
function outOf({ out, progress }: JobsOptions): Out | undefined {
  if (!out || !progress || !('above' in progress)) return out;
  return { isTTY: out.isTTY, write: (text) => progress.above(() => out.write(text)) };
}

function viewOf(mode: Mode, out: Out | undefined, bar: NotebookProgress | undefined): View {
  const streams = mode === 'run' && out ? new TerminalShow(out) : undefined;
  return {
    prompt: (count, source) => streams?.prompt(count, source),
    show: (message) => streams?.show(message),
    progress: (state) => bar?.progress(state),
    ended: (cell) => {
      if (mode !== 'run') out?.write(cellLines(cell));
      bar?.ended(cell);
    },
  };
}
