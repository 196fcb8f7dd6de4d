import { expect, it } from 'vitest';
import { continueCell } from '../../../kernel/interpreter/magics/continue.ts';
import { context } from '../../../kernel/interpreter/magics/context.ts';
import type { MagicContext } from '../../../kernel/interpreter/magics/contract.ts';
import type { CellEvent } from '../../../kernel/loop/events.ts';
import { ContextWindow } from '../../../kernel/loop/window.ts';
import { Conversation } from '../../../kernel/loop/conversation.ts';
import { ProviderError } from '../../../kernel/providers/contract.ts';

/** Runs `%context` of a session; the rest of a cell has no part in it. */
async function shown(contextUse: MagicContext['contextUse']): Promise<string> {
  const texts: string[] = [];
  const emit = (event: CellEvent): void => {
    if (event.type === 'page') texts.push(event.text);
    else if (event.type === 'output') texts.push(JSON.stringify(event.output));
  };
  const request = { emit, silent: false, signal: new AbortController().signal };
  await context.run('', '', { request, contextUse } as unknown as MagicContext);
  return texts.join('\n');
}

it('%context shows what fills the context, part by part', async () => {
  const talk = new Conversation('Be brief. '.repeat(35));
  talk.beginCell('word '.repeat(70), { files: 'a.csv' });
  talk.addResponse('Yes.');
  talk.addResult('<result status="ok">\n42\n</result>');
  const window = new ContextWindow({ contextLength: 1000, contextLengthKnown: false, vision: false }, 200);
  const text = await shown(() => Promise.resolve(window.use(talk)));
  expect(text).toContain('1,000 tokens (a guess: the provider does not say)');
  expect(text).toMatch(/instructions: 105 \(10\.5 %\)\nyour prompts: 105 \(10\.5 %\)/);
  expect(text).toMatch(/results of code: \d+ /);
  expect(text).toContain('kept free for the next reply: 200 (20.0 %)');
  const counts = [...text.matchAll(/: (\d+) \(/g)].map((match) => Number(match[1]));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
});

it('%context says what is wrong where no model can be asked', async () => {
  const failure = new ProviderError('unreachable', 'Nobody is there.', 'Start it.');
  expect(await shown(() => Promise.reject(failure))).toContain('Nobody is there. Start it.');
});

it('%continue is a prompt to go on, in your words if you have some', async () => {
  const prompts: string[] = [];
  const runPrompt: MagicContext['runPrompt'] = (text) => {
    prompts.push(text);
    return Promise.resolve({ status: 'ok', userExpressions: {} });
  };
  for (const args of ['', 'Use pandas.']) {
    await continueCell.run(args, '', { runPrompt } as unknown as MagicContext);
  }
  expect(prompts).toEqual(['Go on from where you stopped.', 'Use pandas.']);
});
