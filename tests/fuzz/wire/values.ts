import type { Random } from '../random.ts';

export type Json = Record<string, unknown>;

/** Text that is JSON but that `JSON.stringify` would not write: keys of the prototype, depth, numbers without end. */
const raw = [
  '{"__proto__": {"polluted": true}}',
  '{"__proto__": null, "constructor": {"prototype": {"polluted": true}}}',
  '{"a": 1e999, "b": -1e999, "c": 123456789012345678901234567890}',
  '{"a": "\\ud800", "a": "twice"}',
];
const names = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'status', 'msg_id', '', ' ', '\u0000', 'ü'],
  ...['../../etc/passwd', '\u001b]0;title\u0007', '\u202e', '🙂', 'a'.repeat(300)],
];

/** A value of any type, most of them where another was expected. */
export function anyValue(random: Random): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => random.chance(0.5),
    () => random.pick([0, 1, -1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 65_536, random.below(1000)]),
    () => random.pick(names),
    () => 'long '.repeat(random.below(2000)),
    () => [],
    () => ({}),
    () => [anyName(random), 1, null],
    () => ({ [anyName(random)]: anyName(random) }),
    () => Array.from({ length: random.below(500) }, (_, index) => index),
    () => Object.fromEntries(Array.from({ length: random.below(300) }, (_, n) => [`key${n}`, 'x'])),
    () => JSON.parse(random.pick(raw)) as unknown,
  ])();
}

export const anyName = (random: Random): string => random.pick(names);

/** Lists or objects in one another, as text: nothing here would get so deep by itself. */
export function nestedText(depth: number, asList: boolean): string {
  return asList
    ? `${'['.repeat(depth)}1${']'.repeat(depth)}`
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}
