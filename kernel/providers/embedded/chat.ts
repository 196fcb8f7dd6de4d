import type { LlamaModel, Token } from './llama.ts';

interface Message {
  readonly role: string;
  readonly content: string;
}

/**
 * Tokens of a conversation in the ChatML format, ready for what the assistant says after `begin`. Only the marks of the format
 * become special tokens; the same characters inside a message stay text, so that no message can pose as another.
 */
export function chatTokens(model: LlamaModel, messages: readonly Message[], begin = ''): Token[] {
  const start = mark(model, '<|im_start|>');
  const end = mark(model, '<|im_end|>');
  const newline = model.tokenize('\n', false);
  const tokens: Token[] = [];
  for (const { role, content } of messages) {
    tokens.push(start, ...model.tokenize(`${role}\n${content}`, false), end, ...newline);
  }
  tokens.push(start, ...model.tokenize(`assistant\n${begin}`, false));
  return tokens;
}

/** Does the model know the marks of ChatML as special tokens? */
export const speaksChatMl = (model: LlamaModel): boolean =>
  ['<|im_start|>', '<|im_end|>'].every((text) => model.tokenize(text, true).length === 1);

function mark(model: LlamaModel, text: string): Token {
  const [token] = model.tokenize(text, true);
  if (token === undefined) throw new Error(`the model has no token ${text}`);
  return token;
}

/** Turns generated tokens into text piece by piece; a character that spans tokens comes out whole. */
export class TokenText {
  readonly #model: LlamaModel;
  #before: Token[];
  #pending: Token[] = [];

  constructor(model: LlamaModel, before: readonly Token[]) {
    this.#model = model;
    this.#before = before.slice(-8);
  }

  /** The text that is complete with this token, possibly none yet. */
  push(token: Token): string {
    this.#pending.push(token);
    const text = this.#model.detokenize(this.#pending, false, this.#before);
    // No character of UTF-8 spans more than four tokens of bytes.
    if (text.endsWith('\ufffd') && this.#pending.length < 4) return '';
    return this.#take(text);
  }

  /** What is left at the end. */
  flush(): string {
    return this.#pending.length === 0
      ? ''
      : this.#take(this.#model.detokenize(this.#pending, false, this.#before));
  }

  #take(text: string): string {
    this.#before = [...this.#before, ...this.#pending].slice(-8);
    this.#pending = [];
    return text;
  }
}
