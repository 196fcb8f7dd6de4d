import type { ServerResponse } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { play } from '../../support/chat-script-peer.ts';
import { httpPeer, sendJson, type HttpPeer } from '../../support/http-peer.ts';
import { isMinimalCall } from '../../support/minimal-call.ts';
import { python, TimelineKernel } from '../../support/timeline-kernel.ts';

let peer: HttpPeer | undefined;
let open: TimelineKernel | undefined;
afterEach(async () => {
  await open?.end();
  await peer?.close();
});

/** A service that answers nobody before so many ask at the same time. */
async function waitingPeer(together: number, temperatures: number[]): Promise<HttpPeer> {
  let waiting: { readonly response: ServerResponse; readonly last: string }[] = [];
  return httpPeer((request, body, response) => {
    if (request.method === 'GET') {
      sendJson(response, 200, { object: 'list', data: [{ id: 'm', object: 'model', context_window: 8192 }] });
      return;
    }
    if (isMinimalCall(body)) {
      play({ text: 'OK' }, response);
      return;
    }
    const asked = JSON.parse(body) as { messages: { content: string }[]; temperature: number };
    temperatures.push(asked.temperature);
    waiting.push({ response, last: asked.messages.at(-1)?.content ?? '' });
    if (waiting.length < together) return;
    for (const { response: each, last } of waiting)
      play({ text: last.includes('Count') ? python('n += 1; print("n is", n)') : 'It is one more.' }, each);
    waiting = [];
  });
}

it('models are asked for all branches of %try at the same time, the first as ever and the others more freely', async () => {
  const temperatures: number[] = [];
  peer = await waitingPeer(3, temperatures);
  const config = { provider: 'openai', model: 'm', openaiBaseUrl: peer.url, openaiApiKey: 'k' } as const;
  open = await TimelineKernel.start([], { config });
  await open.cell('c1', '%%python\nn = 1');
  const ran = await open.cell('c2', '%try 3\nCount.');
  expect(ran.reply['status']).toBe('ok');
  expect(ran.text.match(/n is 2/g)).toHaveLength(3);
  expect(temperatures.slice(0, 3).sort()).toEqual([0, 0.7, 0.7]);
  expect(await open.value('n')).toBe('2');
});
