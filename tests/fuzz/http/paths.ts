import type { Random } from '../random.ts';
import { escapeName } from './world.ts';

/** What there is at the moment, so that requests find something. */
export interface Known {
  readonly kernels: readonly string[];
  /** Those that answer. */
  readonly live: readonly string[];
  readonly sessions: readonly string[];
  readonly terminals: readonly string[];
  /** The session whose cells run. */
  readonly running: readonly string[];
  /** These runs. */
  readonly runs: readonly string[];
  /** Ids of events that were told of them. */
  readonly events: readonly string[];
}

/** Below the served directory; the first ones are there in the beginning. */
const files = [
  ...['a.txt', 'n.ipynb', 'broken.ipynb', 'sub', 'sub/b.txt', 'sub/c.ipynb', 'sub/checkpoints', 'page.html'],
  ...['big.bin', '\u00fc \u{1f600}.txt', '.hidden', '', 'new.txt', 'new.ipynb', 'new', 'sub/new.txt'],
  ...['link-in/b.txt', 'link-in', 'link-loop'],
];

/** Ways out. */
const escapes = [
  ...['link-out', 'link-out/secret.txt', 'link-file', 'link-top', 'link-top/etc/hostname'],
  ...['../secret.txt', '../outside/secret.txt', 'sub/../../secret.txt', './a.txt', 'sub/./b.txt', '..', '.'],
  ...[`../${escapeName}`, `link-out/${escapeName}`, `link-top/${escapeName}`, `sub/../../${escapeName}`],
  ...[`/${escapeName}`, `//${escapeName}`, `/etc/${escapeName}`, `..\\${escapeName}`, `C:\\${escapeName}`],
  ...['/etc/passwd', 'file:///etc/passwd', 'http://evil.invalid/x', '\\\\evil\\share', '~/.profile'],
];

/** Names that no name should be. */
const odd = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '*',
    '?',
    '#',
    '%',
    '%%',
    '%zz',
    '%2',
    ';x=1',
  ],
  ...['\0', 'a\0.txt', '\r\nX-Injected: 1', '\n', '\t', ' ', '\u202e', '\ufeff', '\ufffd', '{}', '[]', '$&'],
  ...['con', 'nul', 'a:b', 'a|b', '<script>', '"', "'", '`id`', '$(id)', '-rf', '--help', '0', '-1', 'NaN'],
];

const plugins = [
  '@jupyterlab/apputils-extension:themes',
  '@jupyterlab/terminal-extension:plugin',
  'no-such:plugin',
  '@a/../../b:c',
];

/** The paths of the API, by what stands in their places. */
const routes = [
  ...['/', '/api', '/api/status', '/api/me', '/api/kernelspecs', '/api/kernels', '/api/sessions'],
  ...[
    '/api/terminals',
    '/api/events',
    '/api/contents',
    '/login',
    '/logout',
    '/lab',
    '/doc',
    '/api/nbconvert',
  ],
  ...['/lab/api/workspaces', '/lab/api/translations', '/lab/api/themes', '/lab/api/build', '/lsp/status'],
  ...['/api/config/ODD', '/api/config/notebook', '/api/kernelspecs/SPEC', '/kernelspecs/SPEC/FILE'],
  ...['/api/kernels/KERNEL', '/api/kernels/KERNEL/interrupt', '/api/kernels/LIVE/restart'],
  ...['/api/kernels/KERNEL/channels', '/api/sessions/SESSION', '/api/terminals/TERMINAL'],
  ...['/terminals/websocket/TERMINAL', '/api/events/subscribe', '/api/ODD', '/ODD', '/ODD/ODD'],
  ...['/lab/tree/FILE', '/lab/workspaces/ODD', '/lab/workspaces/ODD/tree/FILE', '/doc/tree/FILE'],
  ...['/lab/api/workspaces/ODD', '/lab/api/settings/PLUGIN', '/lab/api/translations/ODD'],
  ...[
    '/replique',
    '/replique/check',
    '/replique/usage',
    '/replique/sessions/SESSION',
    '/replique/sessions/ODD',
  ],
  ...[
    '/api/replique/spec.yaml',
    '/api/replique/sessions/SESSION/prompt',
    '/api/replique/sessions/ODD/events',
    '/api/replique/sessions/SESSION/events',
    '/api/replique/sessions/RUNNING/events',
    '/api/replique/sessions/RUNNING/events',
    '/api/replique/sessions/RUNNING/events',
    '/api/replique/sessions/RUNNING/prompt',
  ],
  ...['/healthz', '/readyz', '/metrics', '/nbconvert/ODD/FILE', '/tree', '/tree/FILE', '/notebooks/FILE'],
  ...['/lab/api/themes/FILE', '/static/lab/FILE', '/lab/extensions/FILE', '/static/favicons/ODD'],
];
const contents = [
  ...['/api/contents/FILE', '/api/contents/FILE', '/api/contents/FILE', '/api/contents/FILE/checkpoints'],
  ...[
    '/api/contents/FILE/checkpoints/checkpoint',
    '/api/contents/FILE/checkpoints/ODD',
    '/api/contents/FILE/trust',
  ],
  ...['/files/FILE', '/files/FILE'],
];

/** A path below the server, not yet encoded. */
export function pathFor(random: Random, known: Known): string {
  const route = random.pick(random.chance(0.5) ? contents : routes);
  return route.replace(/[A-Z]+/g, (place) => partFor(random, place, known));
}

/** A file's path as a body has it. */
export const filePath = (random: Random): string =>
  random.pick(random.chance(0.75) ? files : random.chance(0.6) ? escapes : odd);

function partFor(random: Random, place: string, known: Known): string {
  const { kernels, live, sessions, terminals, running } = known;
  if (random.chance(0.06)) return oddName(random);
  switch (place) {
    case 'FILE':
      return filePath(random);
    case 'KERNEL':
      return random.pick([...kernels, 'a-b-c-d-e']);
    case 'LIVE':
      return random.pick([...live, 'a-b-c-d-e']);
    case 'SESSION':
      return random.pick([...sessions, 'none']);
    case 'RUNNING':
      return random.chance(0.9) ? (running[0] ?? 'none') : 'none';
    case 'TERMINAL':
      return random.pick([...terminals, '99']);
    case 'SPEC':
      return random.pick(['replique', 'still', 'REPLIQUE', 'none', '..']);
    case 'PLUGIN':
      return random.pick(plugins);
    default:
      return random.chance(0.3) ? random.pick(['default', 'en', 'lab', 'w1']) : oddName(random);
  }
}

export function oddName(random: Random): string {
  if (random.chance(0.1)) return 'l'.repeat(random.pick([255, 256, 1000, 4096, 5000, 20_000]));
  if (random.chance(0.1)) return 'd/'.repeat(random.pick([50, 300, 2100]));
  if (random.chance(0.1)) return `lone \ud800 ${random.below(10)}`;
  return random.pick(odd);
}

/** Writes a path as clients, and people who mean harm, write it. */
export function encoded(random: Random, path: string): string {
  const kind = random.next();
  if (kind < 0.75) return path.split('/').map(percent).join('/');
  if (kind < 0.8) return percent(path);
  if (kind < 0.83) return percent(percent(path));
  if (kind < 0.86) return path; // as it is: the line may be none
  const letters = Array.from(path, (letter) => (random.chance(0.4) ? twisted(random, letter) : safe(letter)));
  const text = letters.join('');
  return random.chance(0.2)
    ? text.replace('/', random.pick(['//', '/./', '/x/../', '\\', '%5c', ';/']))
    : text;
}

function twisted(random: Random, letter: string): string {
  const hex = [...Buffer.from(letter)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const code = letter.charCodeAt(0);
  return random.pick([
    hex,
    hex.toUpperCase(),
    hex.replaceAll('%', '%25'),
    `%u${code.toString(16).padStart(4, '0')}`,
    `%c0%${(0x80 | (code & 0x3f)).toString(16)}`, // longer than UTF-8 may write it
    `%${hex.slice(1, 2)}`,
    letter === '.' ? '\uff0e' : safe(letter),
  ]);
}

const safe = (letter: string): string => (/^[\w./~-]$/.test(letter) ? letter : percent(letter));

/** Half a surrogate pair has its three bytes, too. */
const percent = (text: string): string =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')).replaceAll('%EF%BF%BD', '%ED%A0%80');
