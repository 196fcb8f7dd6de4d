import type { Random } from '../fuzz/random.ts';

/** One request for files; `path` is what follows `/api/contents`. */
export interface Step {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

const folders = ['', '/one', '/one/two', '/three'];
const names = ['a.txt', 'b.bin', 'n.ipynb', 'm.ipynb', 'deep.tar.gz', 'sp ace.txt', 'ü.txt', 'noext'];
const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
const bare = (path: string): string => path.replace(/^\//, '');

/** Requests of clients on a few paths, so that most of them meet what others have left. */
export function* randomSequence(random: Random, count: number): Generator<Step> {
  for (const folder of folders.slice(1)) yield { method: 'PUT', path: folder, body: { type: 'directory' } };
  for (let index = 0; index < count; index += 1) yield randomStep(random);
}

function randomStep(random: Random): Step {
  const file = `${random.pick(folders)}/${random.pick(names)}`;
  const path = encoded(file);
  const anywhere = encoded(random.chance(0.3) ? random.pick(folders) : file);
  // A file does not become a notebook by its name: nobody could read it.
  const alike = names.filter((name) => name.endsWith('.ipynb') === file.endsWith('.ipynb'));
  const other = bare(`${random.pick(folders)}/${random.pick(alike)}`);
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return { method: 'PUT', path, body: content(random, file) };
    case 3:
      return { method: 'GET', path: anywhere };
    case 4:
      return { method: 'GET', path: `${anywhere}?content=${random.below(2)}&hash=${random.below(2)}` };
    case 5:
      return { method: 'GET', path: encoded(random.pick(folders)) };
    case 6:
      return { method: 'PATCH', path, body: { path: other } };
    case 7:
      return { method: 'DELETE', path };
    case 8:
      return { method: 'POST', path: encoded(random.pick(folders)), body: { copy_from: other } };
    case 9: {
      const made = random.pick([
        { type: 'notebook' },
        { type: 'file', ext: '.md' },
        { type: 'directory' },
        {},
      ]);
      return { method: 'POST', path: encoded(random.pick(folders)), body: made };
    }
    case 10:
      return { method: random.pick(['GET', 'POST']), path: `${path}/checkpoints` };
    default:
      return { method: random.pick(['POST', 'DELETE']), path: `${path}/checkpoints/checkpoint` };
  }
}

function content(random: Random, file: string): object {
  if (file.endsWith('.ipynb')) return { type: 'notebook', format: 'json', content: notebook(random) };
  const text = 'gruß\n'.repeat(random.below(50));
  if (random.chance(0.5)) return { type: 'file', format: 'text', content: text };
  const bytes = Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
  return { type: 'file', format: 'base64', content: bytes.toString('base64') };
}

/** A notebook as JupyterLab sends it; now and then one that is not what its format asks for. */
function notebook(random: Random): object {
  const cells = Array.from({ length: random.below(4) }, (_each, index) => cell(random, `cell-${index}`));
  const metadata = {
    kernelspec: { name: 'python3', display_name: 'Python 3' },
    language_info: { name: 'python' },
  };
  return { metadata, nbformat: 4, nbformat_minor: 5, cells };
}

function cell(random: Random, id: string): object {
  const source = random.pick(['', 'print(1)\nprint(2)\n', 'a\r\nb\u2028c', '# Überschrift']);
  const odd = random.chance(0.1) ? { unheard_of: 1 } : {};
  if (random.chance(0.4)) return { cell_type: 'markdown', id, metadata: {}, source, ...odd };
  const outputs = random.chance(0.5)
    ? [
        { output_type: 'stream', name: 'stdout', text: '1\n2\n' },
        {
          output_type: 'display_data',
          metadata: {},
          data: {
            'text/plain': 'x\ny',
            'image/png': 'aGk=',
            'application/json': { b: [1, { z: null }], a: 'x\ny' },
          },
        },
      ]
    : [];
  return { cell_type: 'code', id, metadata: { trusted: true }, source, outputs, execution_count: 1, ...odd };
}
