import { gzipSync } from 'node:zlib';
import type { Random } from '../random.ts';
import { filePath, oddName, type Known } from './paths.ts';

type Json = Record<string, unknown>;

const notebook = (cells: unknown): Json => ({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 });

const cell = (random: Random): Json => ({
  ...{ cell_type: random.pick(['code', 'markdown', 'raw', 'other']), id: random.pick(['a', 'b', '', 7]) },
  ...{
    metadata: random.pick<unknown>([{}, { trusted: true }, [], null]),
    source: random.pick<unknown>(['x', ['a\n', 'b'], 1]),
  },
  ...{
    outputs: random.pick<unknown>([
      [],
      [{ output_type: 'stream', name: 'stdout', text: 'x' }],
      [{ output_type: 'display_data', data: { 'text/html': '<b>' }, metadata: {} }],
      'x',
    ]),
  },
  execution_count: random.pick<unknown>([null, 1, -1, 1.5]),
});

/** What clients send, by the paths that they send it to. */
function rightBody(random: Random, target: string, known: Known): unknown {
  if (target.includes('/contents')) return random.chance(0.6) ? saving(random) : contentsBody(random);
  if (target.endsWith('/prompt'))
    return random.pick<unknown>([
      ...[{ prompt: '%help' }, { prompt: '%nothing' }, { cell_id: 'c0' }, { cell_id: oddName(random) }],
      ...[{ prompt: '' }, { prompt: '%help', cell_id: 'c0' }],
    ]);
  if (target.includes('/sessions'))
    return {
      ...{
        path: filePath(random),
        name: random.pick(['x', oddName(random)]),
        type: random.pick(['notebook', 'console']),
      },
      kernel: random.pick<unknown>([
        { name: 'still' },
        { name: 'none' },
        { id: random.pick([...known.kernels, 'x']) },
        null,
      ]),
    };
  if (target.includes('/kernels'))
    return { name: random.pick(['still', 'still', 'none', '__proto__']), path: filePath(random) };
  if (target.includes('/terminals'))
    return { cwd: filePath(random), name: random.pick([undefined, '7', 'a b', oddName(random)]) };
  if (target.includes('/workspaces'))
    return { data: { x: 1 }, metadata: { id: random.pick(['default', 'w1', oddName(random)]) } };
  if (target.includes('/settings'))
    return { raw: random.pick(['{}', '{"theme": 7}', '{', '// no\n{}', '[[['.repeat(500)]) };
  if (target.includes('/events'))
    return {
      schema_id: 'https://events.jupyter.org/jupyter_server/contents_service/v1',
      version: '1',
      data: {},
    };
  return { a: { b: random.pick<unknown>([null, 1, {}, [], 'x']) }, [oddName(random).slice(0, 200)]: null };
}

/** What fits together. */
function saving(random: Random): Json {
  const cells = Array.from({ length: random.below(4) }, (_each, index) => ({
    ...{ cell_type: 'code', id: `c${index}`, metadata: {}, source: 'x', execution_count: null },
    outputs: [{ output_type: 'display_data', data: { 'text/html': '<b>' }, metadata: {} }],
  }));
  return random.pick<() => Json>([
    () => ({ type: 'file', format: 'text', content: 'text '.repeat(random.below(100)) }),
    () => ({ type: 'file', format: 'base64', content: 'QUJD' }),
    () => ({ type: 'notebook', format: 'json', content: notebook(cells) }),
    () => ({ type: 'directory' }),
    () => ({ path: filePath(random) }),
    () => ({ copy_from: filePath(random) }),
    () => ({ type: 'file', format: 'text', content: 'part', chunk: random.pick([1, 2, -1]) }),
  ])();
}

function contentsBody(random: Random): Json {
  const type = random.pick(['file', 'notebook', 'directory', '', 'other', undefined]);
  const cells = Array.from({ length: random.below(4) }, () => cell(random));
  return {
    type,
    format: random.pick(['text', 'base64', 'json', 'other', undefined]),
    content: random.pick<unknown>([
      'text',
      'QUJD',
      '=!',
      notebook(cells),
      notebook('x'),
      undefined,
      null,
      7,
      [],
      'lone \ud800',
    ]),
    ...(random.chance(0.2) && { chunk: random.pick([1, 1, 2, 3, -1, 0, -2, 1e9]) }),
    ...(random.chance(0.3) && { path: filePath(random) }),
    ...(random.chance(0.15) && { copy_from: filePath(random) }),
    ...(random.chance(0.2) && { ext: random.pick(['.txt', '.ipynb', '/../x', '\0', 'e'.repeat(300)]) }),
  };
}

const wrong: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 2 ** 53, 1e308, '', 'x', '\0', '\ud800', '../x', [], {}, [[]], { length: 1e9 }],
  'long '.repeat(20_000),
];

/** JSON that is no JSON, or more than one bargains for. */
const texts: readonly string[] = [
  ...[
    '',
    ' ',
    'null',
    '[]',
    '""',
    '0',
    'true',
    '{',
    '}',
    '{"a":',
    '{"a":1,}',
    'undefined',
    'NaN',
    '\ufeff{}',
  ],
  ...[
    '{"a":1e999}',
    `{"a":${'9'.repeat(5000)}}`,
    '{"__proto__":{"x":1}}',
    '{"\\u005f_proto__":{"path":"x"}}',
  ],
  ...['{"constructor":{"prototype":{"x":1}}}', '{"path":"a","path":"../b"}', '{"type":"\\ud800"}', '[1][2]'],
  ...[`${'['.repeat(199)}${']'.repeat(199)}`, `${'{"a":'.repeat(201)}1${'}'.repeat(201)}`],
  ...['['.repeat(100_000), `${'['.repeat(100_000)}${']'.repeat(100_000)}`, `"${'a'.repeat(1_100_000)}"`],
  ...[
    'name=value&password=t',
    '_xsrf=x&password=wrong',
    '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--',
  ],
];

/** A body for a request to that path. */
export function bodyFor(random: Random, target: string, known: Known): Buffer {
  const kind = random.next();
  if (kind < 0.05) return Buffer.from(Array.from({ length: random.below(300) }, () => random.below(256)));
  if (kind < 0.15) return Buffer.from(random.pick(texts));
  const value = rightBody(random, target, known);
  if (kind < 0.55) return jsonOf(value);
  if (kind < 0.85) return jsonOf(changed(random, value));
  const bytes = Buffer.from(jsonOf(value));
  const at = random.below(bytes.length);
  if (kind < 0.9) return bytes.subarray(0, at);
  if (kind < 0.95) {
    bytes[at] = random.below(256);
    return bytes;
  }
  const packed = gzipSync(bytes);
  return random.chance(0.5) ? packed : packed.subarray(0, random.below(packed.length));
}

const jsonOf = (value: unknown): Buffer => Buffer.from((JSON.stringify(value) as string | undefined) ?? '');

/** With one member that is another than it should be. */
function changed(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return random.pick(wrong);
  const copy = structuredClone(value) as Json;
  const keys = Object.keys(copy);
  const key = random.pick([...keys, 'extra']);
  if (random.chance(0.2)) Reflect.deleteProperty(copy, key);
  else if (random.chance(0.3)) copy[key] = changed(random, copy[key]);
  else copy[key] = random.pick(wrong);
  return copy;
}
