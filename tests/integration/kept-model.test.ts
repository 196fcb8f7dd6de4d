import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../kernel/config.ts';
import { chatScriptPeer, play } from '../support/chat-script-peer.ts';
import { lookCrashed } from '../support/crashed-sessions.ts';
import { httpPeer, sendJson, type HttpPeer } from '../support/http-peer.ts';
import { KernelUnderTest, type RanCell } from '../support/kernels.ts';
import { isMinimalCall } from '../support/minimal-call.ts';
import { ollamaReplayPeer, type OllamaReplayPeer } from '../support/ollama-replay-peer.ts';

const small = { name: 'qwen2.5-coder:1.5b', size: 1e9, parameterSize: '1.5B' };
const large = { name: 'qwen2.5-coder:3b', size: 2e9, parameterSize: '3B' };

let sessionsDir: string;
let models: { name: string }[];
let ollama: OllamaReplayPeer;
let others: HttpPeer[];
let open: KernelUnderTest | undefined;
beforeEach(async () => {
  sessionsDir = mkdtempSync(join(tmpdir(), 'replique-sessions-'));
  models = [small];
  others = [];
  ollama = await ollamaReplayPeer({ models });
});
afterEach(async () => {
  await end();
  await Promise.all([ollama, ...others].map((peer) => peer.close()));
  rmSync(sessionsDir, { recursive: true, force: true });
});

async function end(): Promise<void> {
  await open?.end();
  open = undefined;
}

async function start(config: Partial<Config> = {}): Promise<KernelUnderTest> {
  await end();
  open = await KernelUnderTest.start({
    ...{ kernelId: 'k', sessionsDir },
    config: { provider: 'auto', ollamaHost: ollama.url, ...config },
  });
  return open;
}

/** The kernel ends as if its process had been killed. */
async function die(): Promise<void> {
  await end();
  lookCrashed(sessionsDir);
}

/** A kernel has asked the small model, and died. */
async function crashed(): Promise<void> {
  expect((await (await start()).run('Hello.')).reply['status']).toBe('ok');
  await die();
}

const shown = ({ outputs }: RanCell): string => JSON.stringify(outputs);
const askedLast = (): string | undefined => ollama.requests.at(-1)?.model;

describe('the model of a session', () => {
  it('is the same after a crash, though another would be chosen now', async () => {
    await crashed();
    models.push(large);
    const cell = await (await start()).run('And now?');
    expect(askedLast()).toBe(small.name);
    expect(shown(cell)).toContain('Back is the conversation');
    expect(shown(cell)).not.toContain('can’t be had');
  });

  it('is the same after another crash, before which nobody was asked', async () => {
    await crashed();
    await (await start()).run('%help');
    await die();
    models.push(large);
    await (await start()).run('And now?');
    expect(askedLast()).toBe(small.name);
  });

  it('that is gone after a crash is told of, and another answers', async () => {
    await crashed();
    models.splice(0, 1, large);
    const kernel = await start();
    const cell = await kernel.run('And now?');
    expect(cell.reply['status']).toBe('ok');
    expect(askedLast()).toBe(large.name);
    expect(shown(cell)).toMatch(
      /ollama:qwen2\.5-coder:1\.5b, which answered before the crash, can’t be had: .*has no model .*Now it is ollama:qwen2\.5-coder:3b/,
    );
    expect(shown(await kernel.run('Again?'))).not.toContain('can’t be had');
  });

  it('of a provider that is gone after a crash is told of, too', async () => {
    await crashed();
    const groq = await groqPeer();
    await ollama.close();
    const cell = await (
      await start({ groqApiKey: 'gsk_0123456789abcdef', groqBaseUrl: groq.url })
    ).run('And now?');
    expect(shown(cell)).toMatch(/ollama:qwen2\.5-coder:1\.5b, which answered before.*Now it is groq:/);
  });

  it('that its endpoint does not list any more is told of, and another answers', async () => {
    let listed = 'one';
    const asked: unknown[] = [];
    const endpoint = await httpPeer((request, body, response) => {
      if (request.method === 'GET') {
        sendJson(response, 200, { object: 'list', data: [{ id: listed, object: 'model' }] });
        return;
      }
      if (!isMinimalCall(body)) asked.push((JSON.parse(body) as { model: unknown }).model);
      play({ text: 'Hello.' }, response);
    });
    others.push(endpoint);
    const config = { provider: 'openai', openaiBaseUrl: endpoint.url } as const;
    await (await start(config)).run('Hello.');
    await die();
    listed = 'two';
    const cell = await (await start(config)).run('And now?');
    expect(asked).toEqual(['one', 'two']);
    expect(shown(cell)).toContain(
      'openai:one, which answered before the crash, can’t be had: It does not offer the model any more. Now it is openai:two.',
    );
  });

  it('is the configuration’s, where that names one', async () => {
    await crashed();
    models.push(large);
    const cell = await (await start({ model: large.name })).run('And now?');
    expect(askedLast()).toBe(large.name);
    expect(shown(cell)).not.toContain('can’t be had');
  });

  it('is chosen anew where it was of a provider that the configuration names no more', async () => {
    const endpoint = await chatScriptPeer([{ text: 'Hello.' }]);
    others.push(endpoint);
    await (await start({ provider: 'openai', openaiBaseUrl: endpoint.url })).run('Hello.');
    await die();
    const cell = await (await start({ openaiBaseUrl: endpoint.url })).run('And now?');
    expect(askedLast()).toBe(small.name);
    expect(endpoint.given).toHaveLength(1);
    expect(shown(cell)).not.toContain('can’t be had');
  });

  it('is chosen anew after a restart', async () => {
    const before = await start();
    await before.run('Hello.');
    before.client.send('shutdown_request', { restart: true }, 'control');
    await before.kernel.closed;
    models.push(large);
    await (await start()).run('And now?');
    expect(askedLast()).toBe(large.name);
  });
});

async function groqPeer(): Promise<HttpPeer> {
  const peer = await httpPeer((_request, _body, response) => {
    response.writeHead(503).end();
  });
  others.push(peer);
  return peer;
}

describe('%model', () => {
  it('has another model answer from now on, and again after a crash', async () => {
    models.push(large);
    const kernel = await start();
    expect(shown(await kernel.run('%model'))).toMatch(/chosen with the first prompt.*%model ollama:qwen/);
    await kernel.run('Hello.');
    const first = askedLast();
    const other = first === large.name ? small.name : large.name;
    expect(shown(await kernel.run(`%model ollama:${other}`))).toContain(`ollama:${other}`);
    await kernel.run('And you?');
    expect(askedLast()).toBe(other);
    expect(JSON.stringify(ollama.requests.at(-1))).toContain('Hello.');
    expect(shown(await kernel.run('%model'))).toMatch(
      new RegExp(`ollama:${other}.*answers.*${String(first)}`),
    );
    await die();
    await (await start()).run('Still you?');
    expect(askedLast()).toBe(other);
  });

  it('keeps the one before where the other does not answer, and says why', async () => {
    const kernel = await start();
    await kernel.run('Hello.');
    for (const wrong of ['ollama:no-such', 'openai:gpt', 'nobody:x', 'qwen', 'x y']) {
      const { reply, outputs } = await kernel.run(`%model ${wrong}`);
      expect(reply['status'], wrong).toBe('error');
      expect(JSON.stringify(outputs), wrong).toContain('ProviderError');
    }
    expect((await kernel.run('And now?')).reply['status']).toBe('ok');
    expect(askedLast()).toBe(small.name);
  });
});
