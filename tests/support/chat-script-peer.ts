import type { ServerResponse } from 'node:http';
import { httpPeer, sendJson } from './http-peer.ts';
import type { HttpPeer } from './http-peer.ts';
import { isMinimalCall } from './minimal-call.ts';

/** How one call is answered. `stall` and `reset` come after the text. */
export interface ChatReply {
  readonly text?: string;
  /** What it calls itself. */
  readonly model?: string;
  readonly end?: 'stop' | 'stall' | 'reset' | 'garbage' | 'truncated';
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ChatScriptPeer extends HttpPeer {
  /** The key of each chat call, in order. */
  readonly keys: readonly string[];
  /** How many answers the client left before their end. */
  abandoned: number;
  /** What the model was given with each chat call, in order, as one text. */
  readonly given: readonly string[];
  /** The images of each chat call, in order, as data URLs. */
  readonly images: readonly (readonly string[])[];
  /** Calls of the list of models. */
  lists: number;
  /** Calls of one token, which are no part of the script. */
  beats: number;
}

type Content = string | readonly ({ text: string } | { image_url: { url: string } })[];

/** A service that speaks OpenAI's chat completions and answers each call as its script says; the last one stays. */
export async function chatScriptPeer(
  replies: readonly ChatReply[],
  contextWindow = 4096,
): Promise<ChatScriptPeer> {
  const left = [...replies];
  const keys: string[] = [];
  const given: string[] = [];
  const images: string[][] = [];
  const peer = await httpPeer((request, body, response) => {
    if (request.method === 'GET') {
      state.lists += 1;
      sendJson(response, 200, {
        object: 'list',
        data: [{ id: 'm', object: 'model', context_window: contextWindow }],
      });
      return;
    }
    if (isMinimalCall(body)) {
      state.beats += 1;
      play({ text: 'OK' }, response);
      return;
    }
    keys.push(request.headers.authorization?.replace('Bearer ', '') ?? '');
    const { messages } = JSON.parse(body) as { messages: readonly { content: Content }[] };
    const parts = messages.flatMap(({ content }) =>
      typeof content === 'string' ? [{ text: content }] : content,
    );
    given.push(parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n'));
    images.push(parts.flatMap((part) => ('image_url' in part ? [part.image_url.url] : [])));
    response.on('close', () => {
      if (!response.writableEnded) state.abandoned += 1;
    });
    play((left.length > 1 ? left.shift() : left[0]) ?? {}, response);
  });
  const state: ChatScriptPeer = { ...peer, keys, given, images, abandoned: 0, lists: 0, beats: 0 };
  return state;
}

const usage = { prompt_tokens: 7, completion_tokens: 3 };
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

/** Plays one reply. */
export function play(
  { text = '', model, end = 'stop', status, headers }: ChatReply,
  response: ServerResponse,
): void {
  if (status !== undefined) {
    sendJson(response, status, { error: { message: `status ${status}`, type: 'error' } }, headers);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  if (text !== '') response.write(data({ model, choices: [{ index: 0, delta: { content: text } }] }));
  switch (end) {
    case 'stop':
      response.write(data({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
      response.end(`${data({ choices: [], usage })}data: [DONE]\n\n`);
      break;
    case 'garbage':
      response.end('data: {oops\n\n');
      break;
    case 'truncated':
      response.end(Buffer.from('data: {"choices":[{"delta":{"content":"é', 'utf8').subarray(0, -1));
      break;
    case 'reset':
      setImmediate(() => response.socket?.resetAndDestroy());
      break;
    case 'stall':
      break;
  }
}
