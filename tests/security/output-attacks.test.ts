import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Marked } from 'marked';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createEmitterFactory } from '../../kernel/output/emitter.ts';
import type { IopubMessage } from '../../kernel/output/contract.ts';
import { Comms } from '../../kernel/output/widgets/comms.ts';
import type { WorkerOutput } from '../../kernel/sandbox/contract.ts';
import { HostilePage } from '../support/hostile-page.ts';

const directory = join(import.meta.dirname, 'attacks', '7-output');
const secret = 'gsk_Zx9qwertyuiop1234567890';
/** What a page is given of one output at most, with its frames. */
const mostShown = 8_200_000;

const attack = z.strictObject({
  layer: z.literal('7-output'),
  aim: z.string(),
  judge: z.enum(['page', 'widget', 'pattern', 'secret', 'size']),
  pattern: z.string().optional(),
  /** A person clicks it. */
  click: z.boolean().optional(),
  outputs: z.array(z.looseObject({ kind: z.string() })),
});

const attacks = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({
    name: name.replace('.json', ''),
    ...attack.parse(JSON.parse(readFileSync(join(directory, name), 'utf8'))),
  }));

/** What the files can't hold: an address that is known when the test runs, a secret, megabytes. */
function filledIn(outputs: readonly unknown[], evil: string): WorkerOutput[] {
  const text = JSON.stringify(outputs)
    .replaceAll('EVIL', evil)
    .replaceAll('BASE64', Buffer.from(secret).toString('base64'))
    .replaceAll('SECRET', secret)
    .replaceAll(/REPEAT:(\d+)/g, (_, count: string) => 'all work '.repeat(Number(count) / 9));
  const parts = JSON.parse(text) as WorkerOutput[];
  return parts.flatMap(splitSecret);
}

/** `SEC`, `RE`, `T` of a file are the secret in three pieces. */
function splitSecret(output: WorkerOutput): WorkerOutput {
  if (output.kind !== 'stream') return output;
  const pieces: Record<string, string> = { 'key SEC': `key ${secret.slice(0, 5)}`, RE: secret.slice(5, 12) };
  const rest = output.text === 'T\n' ? `${secret.slice(12)}\n` : undefined;
  return { ...output, text: rest ?? pieces[output.text] ?? output.text };
}

/** What clients are sent of the outputs of a cell's code. */
function published(outputs: readonly WorkerOutput[]): IopubMessage[] {
  const messages: IopubMessage[] = [];
  const emitter = createEmitterFactory({
    secrets: [secret],
    comms: new Comms([secret]),
    onRefused: () => undefined,
  })({
    executionCount: 1,
    form: 'document',
    sessionId: 'session',
    requestId: 'request',
    publish: (message) => messages.push(message),
  });
  for (const output of outputs) emitter.emit({ type: 'output', output });
  emitter.flush();
  return messages;
}

/** What clients would be sent without the firewall. */
function unfiltered(outputs: readonly WorkerOutput[]): object[] {
  return outputs.map((output) => {
    if (output.kind === 'comm') {
      return { msg_type: `comm_${output.event}`, content: { comm_id: output.comm, data: output.data } };
    }
    const transient = 'displayId' in output ? { display_id: output.displayId } : {};
    return { msg_type: output.kind, content: { ...output, transient } };
  });
}

const marked = new Marked({ gfm: true });
const bundleOf = z.object({ content: z.object({ data: z.record(z.string(), z.unknown()) }) });
const stateOf = z.object({
  content: z.object({ data: z.object({ state: z.record(z.string(), z.unknown()) }) }),
});

/** The HTML that a page makes of the richest form of each output. */
function rendered(messages: readonly object[]): string {
  return messages
    .map((message) => {
      const data = bundleOf.safeParse(message).data?.content.data ?? {};
      const markup = data['text/html'] ?? data['image/svg+xml'];
      if (typeof markup === 'string') return markup;
      const markdown = data['text/markdown'];
      return typeof markdown === 'string' ? marked.parse(markdown, { async: false }) : '';
    })
    .join('\n');
}

/** The HTML that the views of ipywidgets 7 and 8 put into the page. */
function widgetHtml(messages: readonly object[]): string {
  return messages
    .map((message) => stateOf.safeParse(message).data?.content.data.state ?? {})
    .flatMap(({ value, description }) => [value, description])
    .filter((text) => typeof text === 'string')
    .join('\n');
}

/** Text that streams carry, joined, as a reader has it. */
function wire(messages: readonly object[]): string {
  const streams = messages
    .map((message) => (message as { content: { text?: string } }).content.text ?? '')
    .join('');
  return JSON.stringify(messages) + JSON.stringify(streams);
}

describe('hostile outputs', { timeout: 60_000 }, () => {
  let page: HostilePage;
  beforeAll(async () => {
    page = await HostilePage.open();
  }, 60_000);
  afterAll(() => page.close());

  const inPage = attacks.filter(({ judge }) => judge === 'page' || judge === 'widget');
  it.each(inPage)('$name: $aim', async ({ judge, click, outputs }) => {
    const given = filledIn(outputs, page.evil);
    const html = judge === 'page' ? rendered : widgetHtml;
    const control = await page.show(html(unfiltered(given)), click, 'harm');
    expect([...control.requests, ...control.signs], 'without the firewall').not.toEqual([]);
    const harm = await page.show(html(published(given)), click);
    expect([...harm.requests, ...harm.signs], 'with it').toEqual([]);
  });

  const onWire = attacks.filter(({ judge }) => judge === 'pattern' || judge === 'secret');
  it.each(onWire)('$name: $aim', ({ judge, pattern = '', outputs }) => {
    const given = filledIn(outputs, 'https://evil.example');
    const encoded = Buffer.from(secret).toString('base64').replaceAll('=', '');
    const sign = new RegExp(judge === 'secret' ? `${secret}|${encoded}` : pattern, 'u');
    expect(wire(unfiltered(given)), 'without the firewall').toMatch(sign);
    expect(wire(published(given)), 'with it').not.toMatch(sign);
  });

  it.each(attacks.filter(({ judge }) => judge === 'size'))('$name: $aim', ({ outputs }) => {
    const given = filledIn(outputs, '');
    const largest = (messages: readonly object[]): number =>
      Math.max(...messages.map((message) => JSON.stringify(message).length));
    expect(JSON.stringify(unfiltered(given)).length).toBeGreaterThan(2_000_000);
    expect(largest(published(given))).toBeLessThan(mostShown / 4);
  });
});
