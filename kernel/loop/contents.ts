import type { Entry, Part } from './compaction.ts';

/** A share of what a model is sent. */
interface Share {
  readonly what: string;
  readonly messages: readonly { readonly content: string }[];
}

/** What messages are made of, for who wants to see what fills the context. */
export function contentsOf(system: string, entries: readonly Entry[]): readonly Share[] {
  const contents = (role: Entry['role'], kind: Part['kind']): { content: string }[] =>
    entries
      .filter((entry) => entry.role === role)
      .flatMap(({ parts }) => parts.filter((part) => part.kind === kind))
      .map(({ text }) => ({ content: text }));
  return [
    { what: 'instructions', messages: [{ content: system }] },
    { what: 'your prompts', messages: contents('user', 'words') },
    { what: 'the model’s replies', messages: contents('assistant', 'words') },
    { what: 'results of code', messages: contents('user', 'result') },
    { what: 'notes on files, memory and code of yours', messages: contents('user', 'note') },
  ];
}
