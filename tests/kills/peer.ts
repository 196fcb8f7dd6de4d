import { setTimeout as wait } from 'node:timers/promises';
import { httpPeer, sendJson, type HttpPeer } from '../support/http-peer.ts';
import { helper } from '../support/jupyter.ts';
import { isMinimalCall } from '../support/minimal-call.ts';

export interface KillsPeer extends HttpPeer {
  /** What each `Do NAME.` has the model run. */
  readonly helpers: Map<string, string>;
  /** What the model was given with the newest call, without the system's words. */
  given: string;
}

const betweenMs = 40;
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const choice = (delta: object, more = {}): string => data({ choices: [{ index: 0, delta, ...more }] });

/** A model that runs the helper of the last `Do NAME.` and then answers, each time in two pieces. */
export async function killsPeer(): Promise<KillsPeer> {
  const helpers = new Map<string, string>();
  const peer = await httpPeer(async (request, body, response) => {
    if (request.method === 'GET') {
      const model = { id: 'm', object: 'model', context_window: 128_000 };
      sendJson(response, 200, { object: 'list', data: [model] });
      return;
    }
    const isMinimal = isMinimalCall(body);
    const { messages } = JSON.parse(body) as { messages: readonly { role: string; content: string }[] };
    const last = messages.at(-1)?.content ?? '';
    if (!isMinimal)
      state.given = messages
        .slice(1)
        .map(({ content }) => content)
        .join('\n');
    const text = isMinimal ? 'OK' : answerTo(last, helpers);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const half = Math.ceil(text.length / 2);
    response.write(choice({ content: text.slice(0, half) }));
    if (!isMinimal) await wait(betweenMs);
    response.write(choice({ content: text.slice(half) }));
    response.write(choice({}, { finish_reason: 'stop' }));
    response.end(
      `${data({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } })}data: [DONE]\n\n`,
    );
  });
  const state: KillsPeer = { ...peer, helpers, given: '' };
  return state;
}

function answerTo(last: string, helpers: ReadonlyMap<string, string>): string {
  const asked = [...last.matchAll(/(?:Do|Look) ([cl]\d+)\./g)].at(-1);
  const isDone = asked === undefined || last.lastIndexOf('<result') > asked.index;
  const code = helpers.get(asked?.[1] ?? '');
  return isDone || code === undefined ? 'It is done.' : helper(code);
}
