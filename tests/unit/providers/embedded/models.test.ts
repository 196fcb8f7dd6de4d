import { expect, test } from 'vitest';
import { ProviderError } from '../../../../kernel/providers/contract.ts';
import {
  defaultModel,
  findModel,
  modelNameOf,
  offeredModels,
} from '../../../../kernel/providers/embedded/models.ts';

test('the default answers where no model is named, and `tiny` has a warning', () => {
  expect(findModel(undefined).id).toBe(defaultModel);
  expect(findModel(undefined).warning).toBeUndefined();
  expect(findModel('tiny').id).toBe('qwen2.5-coder-0.5b-instruct-q4_k_m');
  expect(findModel('tiny').warning).toContain('6 of 12');
});

test('the model that only tests the plumbing is never offered', () => {
  expect(offeredModels()).toEqual([defaultModel, 'qwen2.5-coder-0.5b-instruct-q4_k_m']);
  expect(findModel('smollm2-135m-instruct-q4_1').hidden).toBe(true);
});

test('an unknown name is an error that names the models there are', () => {
  const find = (): unknown => findModel('gpt-17');
  expect(find).toThrow(ProviderError);
  expect(find).toThrow('"gpt-17"');
  try {
    find();
  } catch (error) {
    expect(error).toMatchObject({
      kind: 'model-missing',
      remedy: expect.stringContaining(defaultModel) as string,
    });
  }
});

test.each([...offeredModels(), 'smollm2-135m-instruct-q4_1'])('the parts of %s make up its size', (id) => {
  const { bytes, sha256, packaged } = findModel(id);
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(Math.ceil(bytes / packaged.partBytes)).toBe(packaged.count);
  const names = Array.from({ length: packaged.count }, (_, i) => packaged.locate(i + 1));
  expect(new Set(names.map(({ name }) => name)).size).toBe(packaged.count);
  expect(new Set(names.map(({ entry }) => entry)).size).toBe(packaged.count);
});

test('a file of the user’s own is named after the file', () => {
  expect(modelNameOf('/some/where/My Model.GGUF')).toBe('My Model');
});
