import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../kernel/config.ts';
import { chatScriptPeer, type ChatScriptPeer } from '../support/chat-script-peer.ts';
import { helper } from '../support/jupyter.ts';
import { KernelUnderTest } from '../support/kernels.ts';

/** A model that sees is given the plots that its helpers draw. */

let open: KernelUnderTest | undefined;
let peer: ChatScriptPeer;
afterEach(async () => {
  await open?.end();
  await peer.close();
  open = undefined;
});

async function start(codes: readonly string[], config: Partial<Config> = {}): Promise<KernelUnderTest> {
  peer = await chatScriptPeer([...codes.map((code) => ({ text: helper(code) })), { text: 'Done.' }], 100_000);
  const endpoint = { provider: 'openai', model: 'm', openaiBaseUrl: peer.url, openaiApiKey: 'k' } as const;
  open = await KernelUnderTest.start({ config: { ...endpoint, vision: 'on', ...config } });
  return open;
}
const plot = 'import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()';
const show = (mime: string, data: string): string =>
  `from IPython.display import display\ndisplay({"${mime}": ${data}, "text/plain": "words"}, raw=True)`;
const png = '__import__("base64").b64encode(b"\\x89PNG\\r\\n\\x1a\\n" + bytes(400)).decode()';

describe('the images of a result', () => {
  it('go to a model that sees, with its text', async () => {
    const kernel = await start([plot]);
    expect((await kernel.run('Plot.')).reply['status']).toBe('ok');
    expect(peer.images[0]).toEqual([]);
    expect(peer.images[1]).toHaveLength(1);
    const bytes = Buffer.from(peer.images[1]?.[0]?.replace('data:image/png;base64,', '') ?? '', 'base64');
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(peer.given[1]).toContain('[image/png, shown to the reader]');
  });

  it.each([
    ['does not, as far as is known', 'auto'],
    ['shall not', 'off'],
  ] as const)('are told in words to a model that %s', async (_, vision) => {
    const kernel = await start([plot], { vision });
    await kernel.run('Plot.');
    expect(peer.images.flat()).toEqual([]);
    expect(peer.given[1]).toContain('[image/png, shown to the reader]');
  });

  it.each([
    ['are no image', show('image/png', '"' + 'QUJD'.repeat(100) + '"')],
    ['are no base64', show('image/png', '"iVBORw0KGgo<script>"')],
    ['are too large', show('image/png', `${png} + "A" * 2_000_000`)],
    ['are drawings with code', show('image/svg+xml', '"<svg onload=x()></svg>"')],
    ['were cleared', `${show('image/png', png)}\nfrom IPython.display import clear_output; clear_output()`],
  ])('are not sent where they %s', async (_, code) => {
    const kernel = await start([code]);
    expect((await kernel.run('Show.')).reply['status']).toBe('ok');
    expect(peer.images.flat()).toEqual([]);
  });

  it('are three of a result at most, and of a few results', async () => {
    const many = `for _ in range(50): ${show('image/png', png).replace('\n', '; ')}`;
    const kernel = await start(Array.from({ length: 7 }, (_, i) => `${i}\n${many}`));
    expect((await kernel.run('Show.')).reply['status']).toBe('ok');
    expect(peer.images.map((images) => images.length)).toEqual([0, 3, 6, 9, 12, 3, 6, 9]);
  });

  it('are not kept with the conversation', async () => {
    const kernel = await start([plot, 'print(1)']);
    await kernel.run('Plot.');
    const directory = join(kernel.workspace, '..', 'sessions');
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const saved = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));
    expect(saved.join('')).toContain('shown to the reader');
    expect(saved.join('')).not.toContain('iVBOR');
  });
});
