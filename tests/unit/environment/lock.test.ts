import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { environmentSchema } from '../../../kernel/environment/schema.ts';
import { lockText, readLock } from '../../../server/cli/environment/lock.ts';
import { environment } from './environments.ts';

const hashOf = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');
const text = lockText(environment({ python: { ...environment().python, leftOut: 2 } }));

describe('a lock file', () => {
  it('is read as it was written, whatever stands in the record', () => {
    const seed = Date.now();
    const word = (most: number) => fc.string({ minLength: 1, maxLength: most, unit: 'grapheme' });
    const name = fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}$/);
    const version = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9.!+_-]{0,20}$/);
    const record = fc
      .record({
        replique: word(20),
        model: fc.record(
          {
            ...{ provider: word(20), name: word(60), answered: word(60) },
            digest: fc.stringMatching(/^[0-9a-f]{64}$/),
          },
          { requiredKeys: ['provider', 'name'] },
        ),
        packages: fc.dictionary(name, version, { maxKeys: 8 }),
        temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      })
      .map(({ packages, temperature, ...others }) => {
        const elsewhere = Object.keys(packages).filter((_, index) => index % 3 === 0);
        const { python, settings } = environment();
        return environment({
          ...others,
          python: { ...python, packages, elsewhere },
          settings: { ...settings, temperature },
        });
      })
      .filter((one) => environmentSchema.safeParse(one).success);
    const same = fc.property(record, fc.boolean(), (one, isHashed) => {
      const { elsewhere = [], ...python } = one.python;
      const kept = elsewhere.length > 0 ? { ...python, elsewhere: elsewhere.toSorted() } : python;
      const fromIndex = Object.keys(python.packages).filter((each) => !elsewhere.includes(each));
      const hashes = new Map(isHashed ? fromIndex.map((each) => [each, [hashOf(each), hashOf(one)]]) : []);
      expect(readLock(lockText(one, hashes))).toEqual({
        hashes,
        environment: {
          ...one,
          // -0 and 0 are one temperature
          settings: { ...one.settings, temperature: one.settings.temperature + 0 },
          python: kept,
        },
      });
    });
    fc.assert(same, { seed, numRuns: 300 });
  });

  it('may be edited by hand: names as pip takes them, remarks, another end of line', () => {
    const edited = text
      .replace('numpy==2.1.0', 'NumPy == 2.2.0  # newer\n# a remark: of mine')
      .replaceAll('\n', '\r\n');
    expect(readLock(edited)).toMatchObject({
      environment: { python: { leftOut: 2, packages: { numpy: '2.2.0', ipython: '9.1.0' } } },
    });
  });

  it.each([
    ['numpy>=2', 'holds something else than `package==version` (at line'],
    ['-r other.txt', 'holds something else'],
    ['--index-url http://elsewhere.invalid', 'holds something else'],
    ['numpy @ file:///tmp/x', 'holds something else'],
    ['numpy==2.1.0 ; python_version > "3"', 'holds something else'],
    ['# not from an index: anything', 'holds something else'],
    [`pandas==3.0 --hash=sha256:${'a'.repeat(64)}`, 'has hashes for some of its packages, and pip needs all'],
    [`pandas==3.0 --hash=md5:${'a'.repeat(32)}`, 'holds something else'],
    ['pandas==3.0 --hash=sha256:abc', 'holds something else'],
    ['# model digest: none', 'is not as Replique writes it (at "model.digest")'],
    ['NUMPY==3', 'names a package twice (at line'],
    ['numpy-==3', 'holds something else'],
    ['# temperature: hot', 'is not as Replique writes it (at "settings.temperature")'],
    ['# model: a\u001b[2J', 'is not as Replique writes it (at "model.name")'],
  ])('with the line %s says what is wrong', (line, problem) => {
    expect(readLock(`${text}${line}\n`)).toMatchObject({
      problem: expect.stringContaining(problem) as string,
    });
  });

  it('that lacks a part, or is something else, is none', () => {
    expect(readLock(text.replace(/^# node: .*\n/m, ''))).toEqual({
      problem: 'is not as Replique writes it (at "node")',
    });
    expect(readLock('numpy==1.0\n')).toEqual({ problem: 'is not one that `replique freeze` wrote' });
  });
});
