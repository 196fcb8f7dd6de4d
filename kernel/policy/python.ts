import { findBash } from './bash.ts';
import type { Finding } from './contract.ts';
import { Findings } from './findings.ts';
import { loadGrammar, type Grammar, type Node } from './parser.ts';
import { isOutside } from './paths.ts';
import { capabilityOf, innerAttributes, innerFiles, pathWriters, writers } from './python-names.ts';
import { literal, PythonNames } from './python-values.ts';

const patterns = `
(import_statement) @import
(import_from_statement) @from
(assignment left: (identifier) right: (_)) @assignment
(call) @call
(attribute) @attribute
`;

let grammar: Promise<Grammar> | undefined;

/** What Python code asks for, as far as it can be seen without running it. IPython's `!` and `%` lines count. */
export async function findPython(code: string, depth = 0): Promise<readonly Finding[]> {
  grammar ??= loadGrammar('python', patterns);
  const loaded = await grammar;
  const findings = new Findings();
  const pending: { row: number; text: string }[] = [];
  const plain = withoutIpythonLines(code, (row, text) => pending.push({ row, text }));
  loaded.captures(plain, (found) => {
    const names = new PythonNames();
    for (const { name, node } of found) {
      if (name === 'import') for (const module of names.imported(node)) addName(findings, module, node);
      else if (name === 'from') for (const each of names.importedFrom(node)) addName(findings, each, node);
      else if (name === 'assignment') names.assigned(node);
      else if (name === 'attribute') attribute(findings, names, node);
      else call(findings, names, node, (row, text) => pending.push({ row, text }));
    }
  });
  for (const { row, text } of pending) findings.addAll(await findBash(text, depth + 1), row);
  return findings.all;
}

function addName(findings: Findings, name: string, node: Node): void {
  const capability = capabilityOf(name);
  if (capability !== undefined) findings.add(capability, node);
}

function attribute(findings: Findings, names: PythonNames, node: Node): void {
  const last = node.childForFieldName('attribute')?.text ?? '';
  if (innerAttributes.test(last)) findings.add('introspection', node);
  else {
    const name = names.resolve(node);
    if (name !== undefined) addName(findings, name, node);
  }
}

function call(
  findings: Findings,
  names: PythonNames,
  node: Node,
  onShell: (row: number, text: string) => void,
): void {
  const callee = node.childForFieldName('function');
  const name = names.resolve(callee);
  const given = (node.childForFieldName('arguments')?.namedChildren ?? []).slice(0, 20);
  const values = given.map((each) =>
    literal(each?.type === 'keyword_argument' ? each.childForFieldName('value') : each),
  );
  const [first, second] = values;
  const reached = names.resolve(node);
  if (reached !== undefined && reached !== name) addName(findings, reached, node);
  if (pathWriters.has(callee?.childForFieldName('attribute')?.text ?? '')) {
    const path = names.pathOf(callee?.childForFieldName('object'));
    if (path !== undefined && isOutside(path)) findings.add('write-outside', node);
  }
  if (name === undefined) return;
  addName(findings, name, node);
  const method = name.slice(name.lastIndexOf('.') + 1);
  if (
    values.some((value) => value !== undefined && /^(https?|ftp|s3|gs):\/\//.test(value)) &&
    isReader(name, method)
  ) {
    findings.add('network', node);
  }
  if (name === 'open' || name === 'io.open' || name === 'os.open' || name === 'builtins.open') {
    if (first !== undefined && innerFiles.test(first)) findings.add('introspection', node);
    const writes =
      name === 'os.open'
        ? /O_(WRONLY|RDWR|CREAT|APPEND|TRUNC)/.test(node.text)
        : /[wax+]/.test(values[1] ?? modeOf(given) ?? 'r');
    if (first !== undefined && writes && isOutside(first)) findings.add('write-outside', node);
  }
  if (writers.has(name) && [first, second].some((value) => value !== undefined && isOutside(value))) {
    findings.add('write-outside', node);
  }
  const commands = capabilityOf(name) === 'subprocess' ? commandOf(given[0], first) : undefined;
  if (commands !== undefined) onShell(node.startPosition.row, commands);
}

const isReader = (name: string, method: string): boolean =>
  /^(read_|fetch_|load_|urlopen|urlretrieve|imread|loadtxt|genfromtxt|open_dataset)/.test(method) ||
  name === 'open';

function modeOf(given: readonly (Node | null)[]): string | undefined {
  const mode = given.find((each) => each?.childForFieldName('name')?.text === 'mode');
  return literal(mode?.childForFieldName('value'));
}

/** A command line that stands in the code: as a text, or as a list of texts. */
function commandOf(node: Node | null | undefined, text: string | undefined): string | undefined {
  if (text !== undefined) return text;
  if (!node || !['list', 'tuple'].includes(node.type)) return undefined;
  const words = node.namedChildren
    .slice(0, 50)
    .map((each) => literal(each) ?? (/executable/.test(each?.text ?? '') ? 'python' : 'x'));
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}

/** Takes out `!command`, `%magic` and `%%magic` lines, which are no Python. */
function withoutIpythonLines(code: string, onShell: (row: number, text: string) => void): string {
  if (!/[!%]/.test(code)) return code;
  const cell = /^\s*%%(?:bash|sh|script|system|!)[^\n]*\n?/.exec(code);
  if (cell) {
    onShell(cell[0].split('\n').length - 1, code.slice(cell[0].length));
    return '';
  }
  return code
    .split('\n')
    .map((line, row) => {
      const found = /^(\s*)(?:[\w, ]+=\s*)?(!{1,2}|%%?(?=\w))\s*(.*)$/.exec(line);
      if (!found) return line;
      const [, indent = '', sign = '', rest = ''] = found;
      if (sign.startsWith('!')) onShell(row, rest);
      else if (/^(pip|conda|mamba|uv|sx|system)\b/.test(rest))
        onShell(row, rest.replace(/^(sx|system)\s/, ''));
      return `${indent}pass`;
    })
    .join('\n');
}
