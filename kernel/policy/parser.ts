import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as treeSitter from '@vscode/tree-sitter-wasm';
import type { Language } from './contract.ts';

type TreeSitter = typeof treeSitter;
export type Node = treeSitter.Node;

/** One parser and its patterns for a language. */
export interface Grammar {
  /** The named captures of the language's patterns in some code, in order; the tree is gone after `use`. */
  captures(code: string, use: (captures: readonly Capture[]) => void): void;
}

interface Capture {
  readonly name: string;
  readonly node: Node;
}

/** As long as one block may be parsed. */
const mostMs = 2_000;

let loading: Promise<TreeSitter> | undefined;

/** The parsers are loaded when the first block is to be judged: a session without helpers never pays for them. */
async function treeSitterLibrary(): Promise<TreeSitter> {
  loading ??= (async () => {
    const imported = (await import('@vscode/tree-sitter-wasm')) as TreeSitter & { default?: TreeSitter };
    const library = imported.default ?? imported;
    await library.Parser.init({ locateFile: (name: string) => wasmFile(name) });
    return library;
  })();
  return loading;
}

/** Beside the built program, else in the installed package. */
function wasmFile(name: string): string {
  const beside = fileURLToPath(new URL(`./tree-sitter/${name}`, import.meta.url));
  if (existsSync(beside)) return beside;
  return fileURLToPath(new URL(`../../node_modules/@vscode/tree-sitter-wasm/wasm/${name}`, import.meta.url));
}

/**
 * Loads a language.
 * @param patterns in tree-sitter's query language; what they capture is what `captures` gives
 */
export async function loadGrammar(language: Language, patterns: string): Promise<Grammar> {
  const library = await treeSitterLibrary();
  const grammar = await library.Language.load(wasmFile(`tree-sitter-${language}.wasm`));
  const parser = new library.Parser();
  parser.setLanguage(grammar);
  const query = new library.Query(grammar, patterns);
  return {
    captures: (code, use) => {
      const began = performance.now();
      const progressCallback = (): boolean => performance.now() - began > mostMs;
      const tree = parser.parse(code, null, { progressCallback });
      if (tree === null) {
        parser.reset();
        throw new Error('it takes too long to read');
      }
      try {
        use(query.captures(tree.rootNode));
      } finally {
        tree.delete();
      }
    },
  };
}
