import type { Node } from './parser.ts';

const longestChain = 40;
const mostAliases = 2_000;
const mostText = 10_000;

/** A text that stands in the code, put together from its parts; `undefined` for what only running it would tell. */
export function literal(node: Node | null | undefined, depth = 0): string | undefined {
  if (!node || depth > longestChain || node.endIndex - node.startIndex > mostText) return undefined;
  if (node.type === 'parenthesized_expression') return literal(node.namedChild(0), depth + 1);
  if (node.type === 'string') {
    const parts = node.namedChildren.map((child) => (child?.type === 'interpolation' ? undefined : child));
    if (parts.some((part) => part === undefined)) return undefined;
    return parts.flatMap((part) => (part?.type === 'string_content' ? [unescaped(part.text)] : [])).join('');
  }
  if (node.type === 'concatenated_string') return joined(node.namedChildren, depth);
  if (node.type === 'binary_operator' && node.childForFieldName('operator')?.text === '+') {
    return joined([node.childForFieldName('left'), node.childForFieldName('right')], depth);
  }
  return undefined;
}

function joined(nodes: readonly (Node | null)[], depth: number): string | undefined {
  const parts = nodes.map((each) => literal(each, depth + 1));
  return parts.some((part) => part === undefined) ? undefined : parts.join('');
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '\\': '\\', "'": "'", '"': '"' };

function unescaped(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/gs, (all, what: string) =>
    what.length > 1 ? String.fromCharCode(parseInt(what.slice(1), 16)) : (escapes[what] ?? all),
  );
}

/** What names in a piece of Python stand for, as far as its imports and plain assignments tell. Scopes are not kept apart. */
export class PythonNames {
  readonly #aliases = new Map<string, string>();

  /** Takes note of `import a.b as c`; gives the modules' names. */
  imported(node: Node): readonly string[] {
    return node.namedChildren
      .filter((child) => child !== null)
      .map((child) => {
        const name = nameOf(child);
        const alias = child.childForFieldName('alias')?.text;
        if (alias !== undefined) this.#set(alias, name);
        return name;
      });
  }

  /** Takes note of `from a import b as c`; gives the full names. */
  importedFrom(node: Node): readonly string[] {
    const module = node.childForFieldName('module_name')?.text;
    if (module === undefined) return [];
    const names = node
      .childrenForFieldName('name')
      .filter((child) => child !== null)
      .map((child) => {
        const name = nameOf(child);
        this.#set(child.childForFieldName('alias')?.text ?? name, `${module}.${name}`);
        return `${module}.${name}`;
      });
    return names.length > 0 ? names : [module];
  }

  /** Takes note of `name = what.it.stands.for`. */
  assigned(node: Node): void {
    const [left, right] = [node.childForFieldName('left'), node.childForFieldName('right')];
    const value = this.resolve(right);
    if (left?.type === 'identifier' && value !== undefined && value !== left.text)
      this.#set(left.text, value);
  }

  /** The dotted name that an expression stands for. */
  resolve(node: Node | null | undefined): string | undefined {
    const tail: string[] = [];
    let at = node;
    for (let step = 0; at && step < longestChain; step += 1) {
      if (at.type === 'attribute') {
        tail.unshift(at.childForFieldName('attribute')?.text ?? '');
        at = at.childForFieldName('object');
      } else if (at.type === 'parenthesized_expression') at = at.namedChild(0);
      else return this.#named(at, tail);
    }
    return undefined;
  }

  /** The path in `Path("…")`. */
  pathOf(node: Node | null | undefined): string | undefined {
    if (node?.type !== 'call') return undefined;
    const name = this.resolve(node.childForFieldName('function'));
    if (name !== 'Path' && name !== 'pathlib.Path' && name !== 'pathlib.PosixPath') return undefined;
    return literal(node.childForFieldName('arguments')?.namedChild(0));
  }

  #named(node: Node, tail: readonly string[]): string | undefined {
    const head = this.#head(node);
    return head === undefined ? undefined : [head, ...tail].join('.');
  }

  #head(node: Node): string | undefined {
    if (node.type === 'identifier') return this.#aliases.get(node.text) ?? node.text;
    if (node.type === 'subscript') {
      const key = literal(node.childForFieldName('subscript'));
      const name = node.childForFieldName('value')?.text;
      return name === 'sys.modules' ? key : undefined;
    }
    if (node.type !== 'call') return undefined;
    const callee = node.childForFieldName('function');
    const [first, second] = node.childForFieldName('arguments')?.namedChildren ?? [];
    const name =
      callee?.type === 'identifier' ? (this.#aliases.get(callee.text) ?? callee.text) : callee?.text;
    if (name === '__import__' || name === 'importlib.import_module' || name === 'import_module')
      return literal(first);
    if (name === 'get_ipython') return 'get_ipython';
    if (name !== 'getattr') return undefined;
    const [object, attribute] = [this.resolve(first), literal(second)];
    return object !== undefined && attribute !== undefined ? `${object}.${attribute}` : undefined;
  }

  #set(alias: string, name: string): void {
    if (this.#aliases.size < mostAliases) this.#aliases.set(alias, name);
  }
}

/** Of `name as alias`, or of a name. */
const nameOf = (node: Node): string => (node.childForFieldName('name') ?? node).text;
