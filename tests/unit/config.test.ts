import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixedProfile, loadConfig, secretsOf } from '../../kernel/config.ts';
import { describeError, repliqueError, RepliqueError } from '../../kernel/errors.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-config-'));
  file = join(directory, 'config.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

function refused(environment: Record<string, string>): RepliqueError {
  try {
    loadConfig(environment, file);
  } catch (error) {
    if (error instanceof RepliqueError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('loadConfig', () => {
  it('has a default for everything that is needed', () => {
    expect(loadConfig({}, file)).toMatchObject({ provider: 'auto', maxTurns: 8, sandbox: 'bubblewrap' });
  });

  it('lets the environment win over the file, and the file over the defaults', () => {
    writeFileSync(file, JSON.stringify({ maxTurns: 3, temperature: 0.5, model: '7' }));
    expect(loadConfig({ REPLIQUE_MAX_TURNS: '5' }, file)).toMatchObject({
      maxTurns: 5,
      temperature: 0.5,
      model: '7',
    });
  });

  it('reads a variable by the kind of its key', () => {
    const config = loadConfig(
      {
        REPLIQUE_MODEL: '42',
        REPLIQUE_MODEL_MIRROR: '0',
        OLLAMA_HOST: '10.0.0.1:11434',
        REPLIQUE_MEMORY_MB: '512',
        REPLIQUE_PYTHON: '',
      },
      file,
    );
    expect(config).toMatchObject({
      model: '42',
      modelMirror: false,
      ollamaHost: 'http://10.0.0.1:11434',
      memoryMb: 512,
    });
    expect(config.python).toBeUndefined();
  });

  it.each([
    [{ OLLAMA_HOST: 'https://ollama.example' }, { ollamaHost: 'https://ollama.example' }],
    [{ REPLIQUE_MODEL_MIRROR: 'false' }, { modelMirror: false }],
    [{ REPLIQUE_MODEL_MIRROR: '1' }, { modelMirror: true }],
    [{ REPLIQUE_READ_ONLY_FOLDERS: '/data::/more:' }, { readOnlyFolders: ['/data', '/more'] }],
    [{ REPLIQUE_ALLOW: 'a.example, b.example:80' }, { networkAllow: ['a.example', 'b.example:80'] }],
  ])('reads %j as it is meant', (environment, meant) => {
    expect(loadConfig(environment, file)).toMatchObject(meant);
  });

  it('takes several keys and fallbacks, with commas between them; each key is a secret', () => {
    const config = loadConfig(
      { GROQ_API_KEY: 'gsk_aaaaaa, gsk_bbbbbb', REPLIQUE_FALLBACK: 'ollama:qwen2.5-coder:7b, embedded' },
      file,
    );
    expect(config.fallback).toEqual(['ollama:qwen2.5-coder:7b', 'embedded']);
    expect(secretsOf(config)).toEqual(['gsk_aaaaaa', 'gsk_bbbbbb']);
  });

  it.each([
    [{ REPLIQUE_PROVIDER: 'gpt' }, 'provider'],
    [{ REPLIQUE_MAX_TURNS: 'many' }, 'maxTurns'],
    [{ REPLIQUE_TEMPERATURE: '9' }, 'temperature'],
    [{ REPLIQUE_SANDBOX: 'docker' }, 'sandbox'],
    [{ GROQ_BASE_URL: 'not an address' }, 'groqBaseUrl'],
    [{ OPENAI_BASE_URL: 'localhost:8000' }, 'http://'],
    [{ OPENAI_API_KEY: 'sk-“quoted”' }, 'openaiApiKey'],
    [{ OPENAI_API_KEY: 'sk-one,,sk-two' }, 'openaiApiKey'],
    [{ REPLIQUE_FALLBACK: 'groq,claude' }, 'fallback'],
    [{ REPLIQUE_RETRIES: '99' }, 'retries'],
    [{ REPLIQUE_BUDGET: 'much' }, 'budget'],
    [{ REPLIQUE_READ_ONLY_FOLDERS: '/data:relative' }, 'readOnlyFolders'],
    [{ GROQ_API_KEY: 'gsk_two\nlines' }, 'groqApiKey'],
  ])('refuses %j and names the key %s', (environment, key) => {
    const error = refused(environment);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(key);
    expect(error.message).toContain(`the variable ${Object.keys(environment)[0] ?? ''}`);
    expect(error.remedy).toContain('unset');
    expect(error.message).not.toMatch(/quoted|gsk_/);
  });

  it.each(['{', '[]', 'null', '"x"', '{"maxTurns": 0}', '{"nonsense": 1}'])(
    'refuses the file %s and names it',
    (text) => {
      writeFileSync(file, text);
      expect(describeError(refused({}), false)).toContain(file);
    },
  );

  it.each([
    [{ REPLIQUE_MAX_TURNS: '-1' }, '>=1'],
    [{ REPLIQUE_TEMPERATURE: '9' }, '<=2'],
    [{ REPLIQUE_PROCESSES: '1' }, '>='],
    [{ REPLIQUE_MEMORY_MB: '999999999999999' }, '<='],
    [{ REPLIQUE_FILE_MB: '99999999999999' }, '<='],
    [{ REPLIQUE_PROCESSES: '1e12' }, '<='],
    [{ REPLIQUE_CPU_SECONDS: '1e15' }, '<='],
    [{ REPLIQUE_MAX_TURNS: 'NaN' }, 'expected number'],
    [{ REPLIQUE_MAX_TURNS: ' ' }, 'expected number'],
  ])('says of %j which numbers there may be: %s', (environment, problem) => {
    expect(refused(environment).message).toContain(problem);
  });

  it('says that a file is not readable', () => {
    expect(() => loadConfig({}, directory)).toThrow(RepliqueError);
  });

  it('does not wait for a file that is a pipe or a device, nor read one without an end', () => {
    execFileSync('mkfifo', [file]);
    expect(refused({}).message).toContain('not a regular file');
    for (const device of ['/dev/zero', '/dev/stdin']) {
      expect(() => loadConfig({}, device)).toThrow(RepliqueError);
    }
    rmSync(file);
    writeFileSync(file, ' '.repeat(2 ** 20 + 1));
    expect(refused({}).message).toContain('larger than');
  });

  it('never shows what a broken file holds', () => {
    writeFileSync(file, '{"groqApiKey": "gsk_very_secret');
    expect(describeError(refused({}), true)).not.toContain('gsk_very_secret');
  });

  it('knows its secrets', () => {
    const config = loadConfig({ GROQ_API_KEY: 'gsk_a', OPENAI_API_KEY: 'sk-b' }, file);
    expect(secretsOf(config)).toEqual(['gsk_a', 'sk-b']);
    expect(secretsOf(loadConfig({}, file))).toEqual([]);
  });
});

describe('the profile that an administrator fixes', () => {
  it('is read from a file of its own, which may hold nothing else', () => {
    expect(fixedProfile(file)).toBeUndefined();
    writeFileSync(file, '{"profile": "data"}');
    expect(fixedProfile(file)).toBe('data');
    for (const wrong of ['{"profile": "loose"}', '{"profile": "data", "sandbox": "none"}', '[]']) {
      writeFileSync(file, wrong);
      expect(() => fixedProfile(file)).toThrow(RepliqueError);
    }
  });
});

describe('what a person is told to do', () => {
  it('fits what is wrong', () => {
    const python = (problem: string) =>
      repliqueError('PYTHON_ENV_FAILED', { directory: '/d', problem }).remedy;
    expect(python('No space left on device')).toContain('Free some space');
    expect(python('[Errno 28]')).toContain('XDG_DATA_HOME');
    expect(python('pip failed')).toContain('Mend that');
    expect(repliqueError('HOME_UNKNOWN', { home: undefined }).message).toContain('HOME is not set');
  });
});

describe('describeError', () => {
  it('gives the sentence and the remedy, and the stack only when debugging', () => {
    const error = refused({ REPLIQUE_PROVIDER: 'gpt' });
    expect(describeError(error, false)).toBe(`${error.message}\n  → ${error.remedy}`);
    expect(describeError(error, true)).toContain('config.ts');
    expect(describeError('text', false)).toBe('text');
  });
});
