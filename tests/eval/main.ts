import { writeFileSync } from 'node:fs';
import { loadConfig } from '../../kernel/config.ts';
import { runTask, type TaskResult } from './run.ts';
import { compareTables } from './tables.ts';
import { tasks } from './tasks/index.ts';
import { option } from '../support/options.ts';

/**
 * `npm run eval [-- --provider NAME] [--model NAME] [--only TASK,TASK] [--rounds N] [--first N] [--json FILE]`: how many of
 * the tasks a model does, and what they cost in tokens. Each round has other files; `--first` is the number of the first.
 * `--tables N` asks it N questions on tables in different forms instead.
 */
async function main(args: readonly string[]): Promise<number> {
  const only = option(args, 'only')?.split(',');
  const rounds = Number(option(args, 'rounds') ?? 1);
  const first = Number(option(args, 'first') ?? 1);
  const chosen = tasks.filter(({ name }) => only?.includes(name) ?? true);
  const unknown = only?.filter((name) => !tasks.some((task) => task.name === name)) ?? [];
  if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(first) || unknown.length > 0) {
    console.error(
      unknown.length > 0
        ? `There is no task ${unknown.join(', ')}. There are ${tasks.map(({ name }) => name).join(', ')}.`
        : 'usage: npm run eval [-- --provider NAME] [--model NAME] [--only TASK,TASK] [--rounds N] [--first N] [--json FILE]',
    );
    return 2;
  }
  const environment = {
    ...process.env,
    REPLIQUE_PROVIDER: option(args, 'provider') ?? process.env['REPLIQUE_PROVIDER'],
    REPLIQUE_MODEL: option(args, 'model') ?? process.env['REPLIQUE_MODEL'],
  };
  const { auditDir, ...config } = loadConfig(environment);
  if (auditDir !== undefined) console.log(`Not recorded in ${auditDir}: each task has an audit of its own.`);
  const tables = option(args, 'tables');
  if (tables !== undefined) {
    await compareTables(loadConfig(environment), Number(tables), first);
    return 0;
  }
  const results: TaskResult[] = [];
  for (let round = first; round < first + rounds; round += 1) {
    for (const task of chosen) {
      const result = await runTask(task, round, config);
      results.push(result);
      console.log(lineOf(result));
    }
  }
  const path = option(args, 'json');
  if (path !== undefined) writeFileSync(path, `${JSON.stringify(results, undefined, 1)}\n`);
  console.log(summaryOf(results));
  return 0;
}

function lineOf({ task, round, problem, turns, inputTokens, outputTokens, seconds }: TaskResult): string {
  const verdict = problem === undefined ? 'done  ' : 'FAILED';
  const why = problem === undefined ? '' : `  ${problem.replaceAll(/\s+/g, ' ').slice(0, 160)}`;
  const cost = `${turns} turns, ${inputTokens} + ${outputTokens} tokens, ${seconds.toFixed(0)} s`;
  return `${verdict} ${`${task} (${round})`.padEnd(22)} ${cost}${why}`;
}

function summaryOf(results: readonly TaskResult[]): string {
  const done = results.filter(({ problem }) => problem === undefined).length;
  const average = (of: (result: TaskResult) => number): string =>
    (results.reduce((all, result) => all + of(result), 0) / results.length).toFixed(0);
  const share = ((100 * done) / results.length).toFixed(0);
  return [
    `${done} of ${results.length} tasks done (${share} %);`,
    `per task ${average(({ inputTokens }) => inputTokens)} input and ${average(({ outputTokens }) => outputTokens)} output tokens,`,
    `${average(({ turns }) => turns)} turns, ${average(({ seconds }) => seconds)} s`,
  ].join(' ');
}

process.exitCode = await main(process.argv.slice(2));
