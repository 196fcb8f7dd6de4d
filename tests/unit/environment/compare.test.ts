import { describe, expect, it } from 'vitest';
import { differencesOf } from '../../../kernel/environment/compare.ts';
import { environmentSchema, type Environment } from '../../../kernel/environment/schema.ts';
import { remedyFor, wordsOf } from '../../../server/cli/environment/words.ts';
import { environment, withPackages } from './environments.ts';

const { settings, python } = environment();
const said = (recorded: Environment, present: Environment): string[] =>
  differencesOf(recorded, present).map(
    (one) => `${one.isBinding ? '!' : ' '} ${one.concerns}: ${wordsOf(one)}`,
  );

describe('the present environment', () => {
  it('does not differ from itself', () => {
    expect(said(environment(), environment())).toEqual([]);
  });

  it.each<[string, Environment, Environment, string[]]>([
    [
      'packages: changed, gone and new',
      withPackages({ numpy: '1.0', constructor: '1.0' }),
      withPackages({ numpy: '2.0', pandas: '3.0' }),
      [
        '! code: constructor recorded 1.0, here not',
        '! code: numpy recorded 1.0, here 2.0',
        '  code: pandas not recorded, here 3.0',
      ],
    ],
    [
      'packages that a record could not name',
      withPackages({}, 2),
      withPackages({}),
      ['! code: packages that are not named recorded 2, here not'],
    ],
    [
      'Python',
      environment(),
      environment({ python: { ...python, version: '3.11.2' } }),
      ['! code: Python recorded CPython 3.12.3, here CPython 3.11.2'],
    ],
    [
      'another machine and Replique; Node binds nothing',
      environment(),
      environment({ node: '24.0.0', arch: 'arm64', replique: '0.2.0' }),
      [
        '! code: Replique recorded 0.1.0, here 0.2.0',
        '! code: platform recorded linux x64, here linux arm64',
        '  code: Node recorded 22.1.0, here 24.0.0',
      ],
    ],
    [
      'settings; a looser sandbox is asked of nobody',
      environment({ settings: { ...settings, temperature: 1, sandbox: 'none', profile: 'open' } }),
      environment({ settings: { ...settings, helperTimeoutSeconds: 5 } }),
      [
        '! model: temperature recorded 1, here 0',
        '! code: helperTimeoutSeconds recorded 120, here 5',
        '  code: profile recorded open, here strict',
        '  code: sandbox recorded none, here bubblewrap',
      ],
    ],
  ])('differs in %s', (_, recorded, present, expected) => {
    expect(said(recorded, present)).toEqual(expected);
  });

  it('differs in the model where none is set, and not where none was recorded', () => {
    const { model, ...without } = environment();
    expect(said(environment(), without)).toEqual([
      `! model: model recorded ollama:${model!.name}, here not set`,
    ]);
    expect(said(without, environment())).toEqual([]);
  });
});

describe('a model of the same name', () => {
  const model = { provider: 'ollama', name: 'qwen2.5-coder:7b' };
  const recorded = environment({ model: { ...model, digest: 'a'.repeat(64) } });
  const present = environment();
  const differences = (digest?: string, more: object = {}) =>
    differencesOf(recorded, present, [{ ...model, ...(digest && { digest }), ...more }]);

  it('differs by its digest, as far as it is known, and keeps a locked notebook from being run', () => {
    const [difference, ...others] = differences('b'.repeat(64));
    expect(others).toEqual([]);
    expect(difference).toMatchObject({ kind: 'weights', isBinding: true, concerns: 'model' });
    expect(wordsOf(difference!)).toBe(
      'ollama:qwen2.5-coder:7b recorded sha256:aaaaaaaaaaaa, here sha256:bbbbbbbbbbbb',
    );
    expect(remedyFor([difference!], recorded, 'a.ipynb', undefined)).toContain('other weights here');
  });

  it('does not where it is the same, not known, or of another provider', () => {
    expect(differences('a'.repeat(64))).toEqual([]);
    expect(differences()).toEqual([]);
    expect(differences('b'.repeat(64), { provider: 'embedded' })).toEqual([]);
    expect(differencesOf(present, present, [{ ...model, digest: 'b'.repeat(64) }])).toEqual([]);
  });
});

describe('a record', () => {
  it.each<[string, object]>([
    ['a newer version', { version: 2 }],
    ['more than one line', { replique: '0.1.0\nnumpy==6.6.6' }],
    ['what turns its direction', { node: '22\u202e' }],
    ['something besides', { secret: 'x' }],
    ['a package that is an option of pip', { python: { ...python, packages: { '--index-url': '1' } } }],
    ['a version that is an address', { python: { ...python, packages: { numpy: '1 @ http://x' } } }],
    [
      'too many packages',
      {
        python: {
          ...python,
          packages: Object.fromEntries(Array.from({ length: 1501 }, (_, n) => [`p${n}`, '1'])),
        },
      },
    ],
    ['a number that is none', { settings: { ...settings, temperature: null } }],
  ])('is none with %s', (_, changes) => {
    expect(environmentSchema.safeParse({ ...environment(), ...changes }).success).toBe(false);
  });
});

describe('the remedy', () => {
  it('names each step, with nothing that a shell would run', () => {
    const recorded = environment({
      model: { provider: 'ollama', name: '$(reboot)' },
      python: { ...python, version: '3.12; reboot' },
      settings: { ...settings, maxTurns: 20 },
      replique: '0.0.1',
      platform: 'darwin',
    });
    const remedy = remedyFor(differencesOf(recorded, environment()), recorded, "it's.ipynb", undefined);
    expect(remedy).toContain(
      `\`npx replique freeze 'it'\\''s.ipynb' && python3.12 -m venv ENV && ENV/bin/pip install -r LOCK\``,
    );
    expect(remedy).toContain("REPLIQUE_MODEL='$(reboot)'.");
    expect(remedy).toContain('Set REPLIQUE_MAX_TURNS=20.');
    expect(remedy).toContain('that version of Replique');
    expect(remedy).toContain('on a machine of that kind');
  });
});
