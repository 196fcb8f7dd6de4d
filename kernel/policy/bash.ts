import type { Capability, Finding } from './contract.ts';
import { Findings } from './findings.ts';
import { loadGrammar, type Grammar, type Node } from './parser.ts';
import { isOutside } from './paths.ts';

const patterns = `
(command) @command
(file_redirect) @redirect
`;

/** Programs by what they are for. */
const programs: Readonly<Partial<Record<Capability, readonly string[]>>> = {
  network: [
    ...[
      'curl',
      'wget',
      'nc',
      'ncat',
      'netcat',
      'socat',
      'ssh',
      'scp',
      'sftp',
      'rsync',
      'ftp',
      'telnet',
      'tftp',
    ],
    ...[
      'dig',
      'nslookup',
      'host',
      'ping',
      'traceroute',
      'aria2c',
      'http',
      'https',
      'gh',
      'aws',
      'gcloud',
      'nmap',
    ],
  ],
  install: [
    'apt',
    'apt-get',
    'dnf',
    'yum',
    'apk',
    'pacman',
    'conda',
    'mamba',
    'micromamba',
    'brew',
    'snap',
    'gem',
  ],
  native: ['gcc', 'g++', 'cc', 'c++', 'clang', 'ld', 'as', 'rustc', 'cargo'],
  introspection: ['gdb', 'strace', 'ltrace', 'ptrace', 'nsenter', 'unshare'],
};
const byProgram = new Map<string, Capability>(
  Object.entries(programs).flatMap(([capability, list]) =>
    list.map((name) => [name, capability as Capability]),
  ),
);
/** With the word that makes it an installation, or a way out. */
const twoWords: readonly (readonly [program: RegExp, word: RegExp, capability: Capability])[] = [
  [/^(pip[\d.]*|uv|pipx|npm|pnpm|yarn|poetry)$/, /^(install|add|i|download|pip|sync)$/, 'install'],
  [/^git$/, /^(clone|fetch|pull|push|ls-remote|submodule)$/, 'network'],
];
/** They run the command that follows them and their options. */
const wrappers = /^(env|sudo|nohup|timeout|nice|ionice|time|xargs|exec|command|builtin|setsid|stdbuf|watch)$/;
const shells = /^(bash|sh|dash|zsh|ksh|eval)$/;
const writers = /^(rm|mv|cp|tee|touch|mkdir|rmdir|ln|chmod|chown|truncate|install|rsync|unlink)$/;
const deepest = 3;

let grammar: Promise<Grammar> | undefined;

/** What a bash script asks for, as far as it can be seen without running it. */
export async function findBash(code: string, depth = 0): Promise<readonly Finding[]> {
  grammar ??= loadGrammar('bash', patterns);
  const loaded = await grammar;
  const findings = new Findings();
  const inner: { row: number; text: string; language: 'python' | 'bash' }[] = [];
  loaded.captures(code, (found) => {
    for (const { name, node } of found) {
      if (name === 'redirect') redirect(findings, node);
      else
        command(findings, node, wordsOf(node), (row, text, language) => inner.push({ row, text, language }));
    }
  });
  if (depth >= deepest) return findings.all;
  for (const { row, text, language } of inner) {
    const { findPython } = await import('./python.ts');
    findings.addAll(
      await (language === 'python' ? findPython(text, depth + 1) : findBash(text, depth + 1)),
      row,
    );
  }
  return findings.all;
}

type OnInner = (row: number, text: string, language: 'python' | 'bash') => void;

function command(
  findings: Findings,
  node: Node,
  words: readonly (string | undefined)[],
  onInner: OnInner,
): void {
  const [path, ...rest] = words;
  if (path === undefined) return;
  const program = path.slice(path.lastIndexOf('/') + 1);
  const known = byProgram.get(program);
  if (known !== undefined) findings.add(known, node);
  for (const [name, word, capability] of twoWords) {
    if (name.test(program) && rest.some((each) => each !== undefined && word.test(each)))
      findings.add(capability, node);
  }
  if (wrappers.test(program)) {
    const next = rest.findIndex((each) => each !== undefined && !/^(-|\w+=|\d+[smhd]?$)/.test(each));
    if (next >= 0) command(findings, node, rest.slice(next), onInner);
    return;
  }
  const { row } = node.startPosition;
  if (shells.test(program)) {
    const script =
      program === 'eval' ? rest.join(' ') : rest[rest.findIndex((each) => /^-\w*c$/.test(each ?? '')) + 1];
    if (script !== undefined && (program === 'eval' || rest.some((each) => /^-\w*c$/.test(each ?? ''))))
      onInner(row, script, 'bash');
  }
  if (/^(python|ipython|pypy)[\d.]*$/.test(program)) python(findings, node, rest, onInner);
  if (writers.test(program) && rest.some((each) => each !== undefined && isOutside(each)))
    findings.add('write-outside', node);
  if (program === 'dd' && rest.some((each) => each?.startsWith('of=') && isOutside(each.slice(3))))
    findings.add('write-outside', node);
}

function python(
  findings: Findings,
  node: Node,
  rest: readonly (string | undefined)[],
  onInner: OnInner,
): void {
  const module = rest[rest.indexOf('-m') + 1];
  if (rest.includes('-m') && (module === 'pip' || module === 'ensurepip')) findings.add('install', node);
  if (rest.includes('-m') && module === 'http.server') findings.add('network', node);
  const script = rest[rest.indexOf('-c') + 1];
  if (rest.includes('-c') && script !== undefined) onInner(node.startPosition.row, script, 'python');
}

function redirect(findings: Findings, node: Node): void {
  const target = wordOf(node.childForFieldName('destination'));
  if (target === undefined) return;
  if (/^\/dev\/(tcp|udp)\//.test(target)) findings.add('network', node);
  else if (/>/.test(node.text) && isOutside(target)) findings.add('write-outside', node);
}

/** Its words with their quotes taken off; `undefined` for a word that only running it would tell. */
function wordsOf(node: Node): readonly (string | undefined)[] {
  return node.namedChildren
    .slice(0, 200)
    .filter(
      (child) =>
        child !== null &&
        !['variable_assignment', 'file_redirect', 'herestring_redirect'].includes(child.type),
    )
    .map((child) => wordOf(child?.type === 'command_name' ? child.namedChild(0) : child));
}

function wordOf(node: Node | null, depth = 0): string | undefined {
  if (node === null || depth > 5) return undefined;
  switch (node.type) {
    case 'word':
    case 'number':
      return node.text.replace(/\\(.)/g, '$1');
    case 'raw_string':
      return node.text.slice(1, -1);
    case 'ansi_c_string':
      return node.text
        .slice(2, -1)
        .replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    case 'string':
      return node.namedChildren.every((child) => child?.type === 'string_content')
        ? node.text.slice(1, -1).replace(/\\(["$`\\])/g, '$1')
        : undefined;
    case 'concatenation': {
      const parts = node.namedChildren.map((child) => wordOf(child, depth + 1));
      return parts.some((part) => part === undefined) ? undefined : parts.join('');
    }
    default:
      return undefined;
  }
}
