import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TurnRecord } from '../../kernel/loop/events.ts';
import type { Config } from '../../kernel/config.ts';
import { Random } from '../fuzz/random.ts';
import { KernelUnderTest, type RanCell } from '../support/kernels.ts';
import type { Solution, Task } from './task.ts';

const mostPromptMs = 300_000;

export interface TaskResult {
  readonly task: string;
  readonly round: number;
  /** What is wrong; absent where the task was done. */
  readonly problem?: string;
  readonly turns: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly seconds: number;
  /** What the model wrote, turn by turn. */
  readonly texts: readonly string[];
}

/** The files of one round of a task, from its number: the same for every model. */
export const randomFor = (task: Task, round: number): Random =>
  new Random(Buffer.from(task.name).reduce((mixed, byte) => Math.imul(mixed, 31) + byte, round * 7919));

/** Does one task in a kernel and a workspace of its own. */
export async function runTask(task: Task, round: number, config: Partial<Config>): Promise<TaskResult> {
  const made = task.make(randomFor(task, round));
  const kernel = await KernelUnderTest.start({ config });
  const began = performance.now();
  try {
    for (const [name, text] of Object.entries(made.files)) {
      const path = join(kernel.workspace, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    const cells: RanCell[] = [];
    for (const prompt of made.prompts) cells.push(await within(mostPromptMs, kernel, prompt));
    const records = cells.map(recordsOf);
    const problem = await made.check({
      answers: records.map((turns) => turns.find(({ final }) => final)?.text),
      shown: cells.map(helperText).join('\n'),
      file: (name) => read(join(kernel.workspace, name)),
      python: async (code) => (await kernel.run(`%%python\n${code}`)).text,
    });
    const turns = records.flat();
    const total = (of: (turn: TurnRecord) => number): number =>
      turns.reduce((all, turn) => all + of(turn), 0);
    return {
      ...{ task: task.name, round, ...(problem !== undefined && { problem }), turns: turns.length },
      inputTokens: total(({ usage }) => usage.inputTokens),
      outputTokens: total(({ usage }) => usage.outputTokens),
      seconds: (performance.now() - began) / 1000,
      texts: turns.map(({ text }) => text),
    };
  } finally {
    await kernel.end();
  }
}

/** What the `mock` provider says in place of a model that does each step as the task's author would. */
export const repliesOf = (solution: readonly Solution[]): readonly { readonly text: string }[] =>
  solution.flatMap(({ code, answer }) => [
    { text: `<helpers lang="python">\n${code}\n</helpers>` },
    { text: answer },
  ]);

async function within(ms: number, kernel: KernelUnderTest, prompt: string): Promise<RanCell> {
  const timer = setTimeout(() => kernel.kernel.interrupt(), ms);
  try {
    return await kernel.run(prompt);
  } finally {
    clearTimeout(timer);
  }
}

const recordsOf = ({ outputs }: RanCell): readonly TurnRecord[] =>
  outputs.flatMap(({ content }) => {
    const data = content['data'] as Readonly<Record<string, unknown>> | undefined;
    const record = data?.['application/vnd.replique.turn+json'];
    return record === undefined ? [] : [record as TurnRecord];
  });

/** What helpers printed or showed. */
function helperText({ outputs }: RanCell): string {
  return outputs
    .map(({ header, content }) => {
      if (header.msg_type === 'stream') return String(content['text']);
      const metadata = content['metadata'] as
        { readonly replique?: Readonly<Record<string, unknown>> } | undefined;
      const data = content['data'] as Readonly<Record<string, unknown>> | undefined;
      const text = metadata?.replique?.['helper'] === undefined ? undefined : data?.['text/plain'];
      return typeof text === 'string' ? text : '';
    })
    .join('\n');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
