/**
 * Recognises the cell that papermill injects: a first line `# Parameters` and then nothing but assignments of Python
 * literals (papermill's `PythonTranslator` writes numbers, strings, lists, tuples, dicts, True, False, None and
 * `float('nan' | 'inf' | '-inf')`). Anything else that begins so is a prompt.
 */
export function isParametersCell(text: string): boolean {
  if (!/^# Parameters[ \t]*(\n|$)/.test(text)) return false;
  const reader = new LiteralReader(text);
  return reader.assignments();
}

const maxDepth = 100;
const string =
  /[rRuUbB]?(?:"""(?:[^\\]|\\[^])*?"""|'''(?:[^\\]|\\[^])*?'''|"(?!"")(?:[^"\\\n]|\\[^])*"|'(?!'')(?:[^'\\\n]|\\[^])*')/y;

/** A recursive-descent reader of Python literals; every method says whether it read one. */
class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  assignments(): boolean {
    for (;;) {
      this.#skip(/(?:[\s;]|#[^\n]*)*/y);
      if (this.#at === this.#text.length) return true;
      if (!this.#skip(/[A-Za-z_]\w*[ \t]*=[ \t]*/y)) return false;
      if (!this.#value(0) || !this.#skip(/[ \t]*(?:#[^\n]*)?(?:[\n;]|$)/y)) return false;
    }
  }

  #value(depth: number): boolean {
    if (depth > maxDepth) return false;
    return (
      this.#skip(/float\((['"])-?(?:nan|inf)\1\)/y) ||
      this.#skip(/(?:True|False|None)\b/y) ||
      this.#skip(/-?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?!\w)/y) ||
      this.#skip(string) ||
      this.#sequence('[', ']', depth) ||
      this.#sequence('(', ')', depth) ||
      this.#sequence('{', '}', depth)
    );
  }

  #sequence(open: string, close: string, depth: number): boolean {
    if (this.#text[this.#at] !== open) return false;
    this.#at += 1;
    for (;;) {
      this.#skip(/\s*/y);
      if (this.#text[this.#at] === close) {
        this.#at += 1;
        return true;
      }
      if (!this.#value(depth + 1)) return false;
      if (open === '{' && this.#skip(/\s*:\s*/y) && !this.#value(depth + 1)) return false;
      if (!this.#skip(/\s*,/y) && !this.#skip(/\s*(?=[\])}])/y)) return false;
    }
  }

  /** Moves past a match of the sticky pattern; an empty match counts. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return false;
    this.#at = pattern.lastIndex;
    return true;
  }
}
