import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { estimateMessages } from '../../kernel/economy/estimate.ts';
import { openSession, type Config } from '../../kernel/library.ts';
import type { LoopEvent } from '../../kernel/loop/events.ts';
import { play } from '../support/chat-script-peer.ts';
import { httpPeer, sendJson } from '../support/http-peer.ts';
import { isMinimalCall } from '../support/minimal-call.ts';

const turns = 30;
const facts = Array.from({ length: 20 }, (_, turn) => `fact ${turn} = ${7919 * (turn + 1)}`);
const answer = 'All of it is known.';

type Messages = readonly { readonly content: string }[];
const bodySchema = z.object({ messages: z.array(z.object({ content: z.string() })) });

/** Prints a fact, or none in the last turns, and fills up to 2 kB. */
function block(turn: number): string {
  const fact = JSON.stringify(facts[turn] ?? `nothing in ${turn}`);
  return `<helpers lang="python">\nprint((${fact} + "\\n" + "row of table ${turn}\\n" * 200)[:2000])\n</helpers>`;
}

/**
 * A cell of thirty turns with results of 2 kB, with a service that answers only while it is sent all facts of the first
 * twenty.
 * @returns which part it was sent of what sending everything each time would be, in estimated tokens
 * @throws where a fact is gone
 */
export async function longCellShare(top: string, contextLength: number): Promise<number> {
  const sent: Messages[] = [];
  const peer = await httpPeer((request, body, response) => {
    if (request.method === 'GET') {
      const model = { id: 'm', object: 'model', context_window: contextLength };
      sendJson(response, 200, { object: 'list', data: [model] });
      return;
    }
    if (isMinimalCall(body)) {
      play({ text: 'OK' }, response);
      return;
    }
    const { messages } = bodySchema.parse(JSON.parse(body));
    const turn = sent.push(messages) - 1;
    const all = messages.map(({ content }) => content).join('\n');
    const lost = facts.slice(0, turn).find((fact) => !all.includes(fact));
    const text = turn < turns ? block(turn) : answer;
    play({ text: lost === undefined ? text : `I do not know ${lost}.` }, response);
  });
  const config: Partial<Config> = {
    ...{ provider: 'openai', model: 'm', openaiApiKey: 'sk-aaaaaa', openaiBaseUrl: `${peer.url}/v1` },
    ...{ maxTurns: turns + 1, auditDir: join(top, 'audit') },
  };
  const session = await openSession({ workspace: mkdtempSync(join(top, 'workspace-')), config });
  const said: string[] = [];
  let last = '';
  const emit = (event: LoopEvent): void => {
    if (event.type === 'turn-end') said.push((last = event.record.text));
    if (event.type === 'helper-end') said.push(event.forModel);
  };
  try {
    const steps = session.manager.processWithContinuation('Look at all of it.', { emit });
    while (!(await steps.next()).done);
  } finally {
    await Promise.all([session.close(), peer.close()]);
  }
  if (last !== answer) throw new Error(`The long cell ended with: ${last}`);
  const everything = sent.map((_, turn) => [
    ...(sent[0] ?? []),
    ...said.slice(0, 2 * turn).map((content) => ({ content })),
  ]);
  return sum(sent) / sum(everything);
}

const sum = (requests: readonly Messages[]): number =>
  requests.reduce((tokens, messages) => tokens + estimateMessages(messages), 0);
