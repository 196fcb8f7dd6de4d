import type { ServerResponse } from 'node:http';
import { httpPeer, sendJson } from './http-peer.ts';
import type { HttpPeer } from './http-peer.ts';

/**
 * Replays what OpenAI-like services answer when something is wrong, which a healthy server can't be made to do. The
 * first part of the path says what: `http://…/rate-limit` is the base address of a service that is out of breath.
 */
export type ChatReplayPeer = HttpPeer;

const error = (message: string, code: string): object => ({ error: { message, type: 'error', code } });

const answers: Readonly<Record<string, (response: ServerResponse, key: string) => void>> = {
  auth: (response, key) =>
    sendJson(response, 401, error(`Incorrect API key provided: ${key}.`, 'invalid_api_key')),
  forbidden: (response) => sendJson(response, 403, error('Forbidden', 'forbidden')),
  'rate-limit': (response) =>
    sendJson(response, 429, error('Rate limit reached for model', 'rate_limit_exceeded'), {
      'retry-after': '7',
    }),
  'rate-limit-date': (response) =>
    sendJson(response, 429, error('Rate limit reached', 'rate_limit_exceeded'), {
      'retry-after': new Date(Date.now() + 60_000).toUTCString(),
    }),
  quota: (response) =>
    sendJson(response, 429, error('You exceeded your current quota', 'insufficient_quota')),
  server: (response) => sendJson(response, 503, error('Service Unavailable', 'service_unavailable')),
  html: (response) => {
    response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
  },
  'gateway-timeout': (response) => sendJson(response, 504, error('Gateway timeout', 'timeout')),
  overflow: (response) =>
    sendJson(
      response,
      400,
      error('Please reduce the length of the messages or completion.', 'context_length_exceeded'),
    ),
  'too-large': (response) => sendJson(response, 413, error('Request too large', 'rate_limit_exceeded')),
  'bad-request': (response) =>
    sendJson(response, 400, error("'temperature' is out of range", 'invalid_value')),
  'model-missing': (response) =>
    sendJson(response, 404, error('The model `nothing` does not exist', 'model_not_found')),
  'wrong-path': (response) => {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
  },
  silent: () => undefined,
  drop: (response) => {
    events(response, [text('one '), text('two ')]);
    setImmediate(() => response.destroy());
  },
  'early-end': (response) => {
    events(response, [text('one ')]);
    response.end();
  },
  'error-inside': (response) => {
    events(response, [text('one '), error('the engine failed', 'engine')]);
    response.end('data: [DONE]\n\n');
  },
  nonsense: (response) => {
    events(response, [{ choices: 'none' }]);
    response.end('data: [DONE]\n\n');
  },
  'not-json': (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: {oops\n\n');
  },
  'odd-usage': (response) => {
    const usage = { prompt_tokens: -1, completion_tokens: 1e300 };
    events(response, [text('fine'), finish('stop'), { choices: [], usage }]);
    response.end('data: [DONE]\n\n');
  },
  'no-usage': (response) => {
    events(response, [text('one two'), finish('stop')]);
    response.end('data: [DONE]\n\n');
  },
  filtered: (response) => {
    events(response, [text('one'), finish('content_filter')]);
    response.end('data: [DONE]\n\n');
  },
  'ignores-stop': (response) => {
    events(response, ['<hel', 'pers>1</hel', 'pers> invented', ' result'].map(text));
    response.end('data: [DONE]\n\n');
  },
};

const models = [
  { id: 'llama-3.3-70b-versatile', context_window: 131_072 },
  { id: 'gpt-4.1-mini' },
  { id: 'served-by-vllm', max_model_len: 16_384 },
  { id: 'unsaid' },
];

export async function chatReplayPeer(): Promise<ChatReplayPeer> {
  return httpPeer((request, _body, response) => {
    const name = (request.url ?? '').split('/')[1] ?? '';
    if (request.method === 'GET') {
      if (name === 'auth') return answers['auth']?.(response, 'none');
      const data = name === 'empty' ? [] : models.map((model) => ({ object: 'model', ...model }));
      sendJson(response, 200, { object: 'list', data });
      return;
    }
    const key = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const answer = answers[name];
    if (answer === undefined) {
      sendJson(response, 500, error(`no such replay: ${name}`, 'test'));
      return;
    }
    answer(response, key);
  });
}

function events(response: ServerResponse, chunks: readonly object[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
}

const text = (content: string): object => ({
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
});
const finish = (reason: string): object => ({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
