import { describe, expect, test } from 'vitest';
import {
  affordableContext,
  bestModel,
  installedName,
  trainedContext,
} from '../../../kernel/providers/ollama-models.ts';
import type { Installed } from '../../../kernel/providers/ollama-models.ts';

const gigabyte = 2 ** 30;
const model = (name: string, size = 1, parameters = '7.6B', family = 'qwen2'): Installed => ({
  name,
  size: size * gigabyte,
  details: { family, parameter_size: parameters },
});
const best = (...installed: Installed[]): string | undefined => bestModel(installed, 16 * gigabyte);

describe('the best of the installed models', () => {
  test('a coder is preferred, and Qwen2.5-Coder to other coders', () => {
    expect(best(model('llama3.2:3b'), model('codellama:7b'))).toBe('codellama:7b');
    expect(best(model('qwen3-coder:30b', 7), model('qwen2.5-coder:7b', 4))).toBe('qwen2.5-coder:7b');
    expect(best(model('someone/Qwen2.5-Coder:3b'), model('codellama:7b'))).toBe('someone/Qwen2.5-Coder:3b');
  });

  test('of one family the largest that leaves half of the memory free', () => {
    const family = [
      model('qwen2.5-coder:3b', 2),
      model('qwen2.5-coder:7b', 5),
      model('qwen2.5-coder:32b', 20),
    ];
    expect(best(...family)).toBe('qwen2.5-coder:7b');
    expect(bestModel(family, 64 * gigabyte)).toBe('qwen2.5-coder:32b');
  });

  test.each(['mistral:7b', 'phi4:14b', 'anything-instruct:7b'])('without a coder, %s will do', (name) => {
    expect(best(model(name))).toBe(name);
  });

  test.each([
    ['nomic-embed-text:latest', '137M', 'nomic-bert'],
    ['qwen2.5-coder:0.5b', '494.03M', 'qwen2'],
    ['qwen2.5-coder:7b-base', '7.6B', 'qwen2'],
    ['qwen3-coder:480b-cloud', '480B', 'qwen3moe'],
    ['unknown-model:7b', '7B', 'other'],
    ['llama-guard3:8b', '8B', 'llama'],
    ['mistral-like:7b', '7B', 'bert'],
  ])('%s is never chosen', (name, parameters, family) => {
    expect(best(model(name, 1, parameters, family))).toBeUndefined();
  });

  test('where Ollama does not say the size, the name does', () => {
    expect(best({ name: 'qwen2.5-coder:0.5b', size: 1 })).toBeUndefined();
    expect(best({ name: 'qwen2.5-coder:latest', size: 1 })).toBe('qwen2.5-coder:latest');
  });
});

test('a name without a tag means :latest', () => {
  const installed = [model('llama3.2:latest'), model('qwen2.5-coder:7b')];
  expect(installedName('llama3.2', installed)).toBe('llama3.2:latest');
  expect(installedName('qwen2.5-coder:7b', installed)).toBe('qwen2.5-coder:7b');
  expect(installedName('qwen2.5-coder', installed)).toBeUndefined();
});

test('the trained context is the one of the architecture', () => {
  const info = { 'general.architecture': 'llama', 'llama.context_length': 8192, 'other.context_length': 1 };
  expect(trainedContext({ model_info: info })).toBe(8192);
  expect(trainedContext({ model_info: { ...info, 'llama.context_length': 'many' } })).toBeUndefined();
  expect(trainedContext({})).toBeUndefined();
});

test('less memory, less context', () => {
  expect([4, 8, 16, 64].map((size) => affordableContext(size * gigabyte))).toEqual([
    8192, 16_384, 32_768, 32_768,
  ]);
});
