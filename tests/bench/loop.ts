import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSession } from '../../kernel/library.ts';
import type { LoopEvent } from '../../kernel/loop/events.ts';
import { HelperParser } from '../../kernel/loop/parser.ts';
import { makeConnection, ZmqClient } from '../integration/wire-client.ts';
import { httpPeer, sendJson, type HttpPeer } from '../support/http-peer.ts';
import { TestClient } from '../unit/router/client.ts';
import { median } from './figures.ts';
import { longCellShare } from './long-cell.ts';

/** `npm run bench -- loop`: what the loop adds to provider and helper, how soon a first token is shown, and what a stream and a long cell cost. */
export async function benchLoop(): Promise<void> {
  const top = mkdtempSync(join(tmpdir(), 'replique-bench-'));
  try {
    const overhead = await overheads(top);
    console.log(
      `overhead of a turn above provider and helper: ${overhead.toFixed(2)} ms, median (wanted: < 5)`,
    );
    const { firstMs, share } = await streaming(top);
    console.log(
      `first token, from the provider's socket to a client of iopub: ${firstMs.toFixed(2)} ms, median (wanted: < 5)`,
    );
    console.log(
      `2,000 tokens a second: ${(share * 100).toFixed(0)} % of one core in the kernel (wanted: < 25)`,
    );
    for (const contextLength of [131_072, 8192]) {
      const part = await longCellShare(top, contextLength);
      console.log(
        `30 turns with results of 2 kB, context of ${contextLength}: ${(part * 100).toFixed(0)} % of the input of sending everything (wanted: ≤ 40)`,
      );
    }
    for (const [name, text, unit] of adversarial) {
      parse(text(unit), leastRead);
      const [half, whole] = [parse(text(unit / 2)), parse(text(unit))];
      const { read, ms } = parse(text(unit), leastRead);
      const speed = (read / 2 ** 20 / (ms / 1000)).toFixed(1);
      const rest =
        whole.read < text(unit).length
          ? `the turn is over after ${whole.read} characters`
          : `twice the text takes ${(whole.ms / half.ms).toFixed(1)} times as long`;
      console.log(`parser, ${name}: ${speed} MB/s (wanted: ≥ 1); ${rest}`);
    }
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

const turns = 40;
const helper = '<helpers lang="python">\nprint(1)\n</helpers>';

/** Medians over single turns: the time between a turn's end and the next one's beginning, but for the helper's own. */
async function overheads(top: string): Promise<number> {
  const mockScript = join(top, 'script.json');
  const replies = Array.from({ length: turns }, (_, at) => ({ text: helper.replace('1', String(at)) }));
  writeFileSync(mockScript, JSON.stringify({ replies: [...replies, { text: 'Done.' }] }));
  const config = { provider: 'mock', mockScript, maxTurns: turns + 1, auditDir: join(top, 'audit') } as const;
  const session = await openSession({ workspace: mkdtempSync(join(top, 'workspace-')), config });
  const gaps: number[] = [];
  let endedAt: number | undefined;
  let helperMs = 0;
  const emit = (event: LoopEvent): void => {
    const now = performance.now();
    if (event.type === 'turn-end') [endedAt, helperMs] = [now, 0];
    if (event.type === 'helper-end') helperMs = event.result.durationMs;
    if (event.type === 'turn-start' && endedAt !== undefined) gaps.push(now - endedAt - helperMs);
  };
  try {
    const steps = session.manager.processWithContinuation('Go.', { emit });
    while (!(await steps.next()).done);
  } finally {
    await session.close();
  }
  return median(gaps.slice(5));
}

const tokensPerSecond = 2000;
const streamSeconds = 4;
const firsts = 15;

/** A kernel in a process of its own, and a service here that streams to it. */
async function streaming(top: string): Promise<{ firstMs: number; share: number }> {
  let sentAt = 0;
  let isLong = false;
  const peer = await httpPeer(async (request, _body, response) => {
    if (request.method === 'GET') {
      sendJson(response, 200, {
        object: 'list',
        data: [{ id: 'm', object: 'model', context_window: 131_072 }],
      });
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    await sleep(50);
    sentAt = performance.now();
    response.write(delta('first '));
    // No service sends its end with its first token: what the kernel does at a turn's end is not what is measured.
    await sleep(20);
    if (isLong) await stream(response);
    response.write(
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`,
    );
    response.end('data: [DONE]\n\n');
  });
  const { connection, remove } = await makeConnection('ipc');
  const file = join(top, 'connection.json');
  writeFileSync(file, JSON.stringify(connection));
  const kernel = startKernel(top, file, peer);
  const channels = new ZmqClient(connection);
  const client = new TestClient(channels, [], false);
  try {
    await client.published('iopub_welcome');
    const times: number[] = [];
    for (let run = 0; run < firsts; run += 1) {
      const id = client.execute(`Hello ${run}.`);
      await client.message(
        ({ channel, message }) =>
          channel === 'iopub' &&
          message.parent_header['msg_id'] === id &&
          JSON.stringify(message.content).includes('first'),
      );
      times.push(performance.now() - sentAt);
      await client.done(id);
    }
    isLong = true;
    const id = client.execute('Stream.');
    await client.message(
      ({ message }) =>
        message.parent_header['msg_id'] === id && JSON.stringify(message.content).includes('first'),
    );
    const [cpu, began] = [cpuMs(kernel), performance.now()];
    await sleep(streamSeconds * 1000 - 500);
    const share = (cpuMs(kernel) - cpu) / (performance.now() - began);
    await client.done(id);
    return { firstMs: median(times), share };
  } finally {
    kernel.kill();
    await once(kernel, 'exit');
    await Promise.all([channels.close(), peer.close(), remove()]);
  }
}

function startKernel(top: string, file: string, peer: HttpPeer): ChildProcess {
  const env = {
    ...process.env,
    ...{
      REPLIQUE_PROVIDER: 'openai',
      REPLIQUE_MODEL: 'm',
      OPENAI_API_KEY: 'sk-aaaaaa',
      OPENAI_BASE_URL: `${peer.url}/v1`,
    },
    ...{ REPLIQUE_AUDIT_DIR: join(top, 'audit'), REPLIQUE_MAX_TOKENS: '20000' },
  };
  const cwd = mkdtempSync(join(top, 'workspace-'));
  return spawn(process.execPath, [join(import.meta.dirname, '..', 'kernel.js'), '-f', file], {
    cwd,
    env,
    stdio: 'ignore',
  });
}

const delta = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

async function stream(response: ServerResponse): Promise<void> {
  const began = performance.now();
  for (let sent = 0; sent < tokensPerSecond * streamSeconds;) {
    const due = Math.floor(((performance.now() - began) / 1000) * tokensPerSecond);
    let chunk = '';
    for (; sent < due; sent += 1) chunk += delta(sent % 12 === 11 ? 'word.\n' : 'word ');
    if (chunk !== '') response.write(chunk);
    await sleep(5);
  }
}

/** User and system time of a process (proc(5), fields 14 and 15 of stat, in ticks of 10 ms). */
function cpuMs({ pid = 0 }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(')').at(-1)?.trim().split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Texts of about so many characters that a parser may stumble over. */
const adversarial: readonly (readonly [name: string, text: (size: number) => string, size: number])[] = [
  ['10,000 quoted blocks', (size) => `\`\`\`\n${helper}\n\`\`\`\n`.repeat(size / 60), 600_000],
  ['beginnings of tags', (size) => '<helper < <help <h </help <he '.repeat(size / 30), 10_000_000],
  ['an attribute without end', (size) => `<helpers lang="${'a'.repeat(size)}`, 1_000_000],
  ['plain prose', (size) => 'Some words, and more of them.\n'.repeat(size / 30), 10_000_000],
  ['code without end', (size) => `<helpers lang="python">\n${'x = "<" + y\n'.repeat(size / 12)}`, 10_000_000],
];

const leastRead = 2 ** 20;

/** Parses a text, again until so many characters were read of it in all; what comes after a turn's end is not read. */
function parse(text: string, least = 0): { readonly read: number; readonly ms: number } {
  let read = 0;
  const began = performance.now();
  do {
    const parser = new HelperParser((lang) => lang === 'python');
    let at = 0;
    for (; at < text.length && !parser.done; at += 20) parser.push(text.slice(at, at + 20));
    parser.end('stop');
    read += Math.min(at, text.length);
  } while (read < least);
  return { read, ms: performance.now() - began };
}
