import { canonicalJson, sha256 } from './key.ts';

/**
 * What was said in a session, by content alone: prompts, replies, results and the user's own code, each hashed with all
 * before it. Our own notes (listings, hints, feedback) and compactions are not in it, so that it is the same whatever a
 * version of Replique says beside. See docs/decisions/tape.md.
 */
export class Trail {
  #value: string;
  #beforeCell: string;

  constructor(value = '') {
    this.#value = value;
    this.#beforeCell = value;
  }

  /** SHA-256, hex; empty before anything was said. */
  get value(): string {
    return this.#value;
  }

  /** Goes on as if that had been said so far. */
  follow(value: string): void {
    this.#value = value;
  }

  prompt(text: string): void {
    this.#beforeCell = this.#value;
    this.#add('prompt', text);
  }

  reply(text: string): void {
    this.#add('reply', text);
    this.#beforeCell = this.#value;
  }

  result(text: string): void {
    this.#add('result', text);
  }

  code(language: string, code: string): void {
    this.#add('code', language, code.trim());
    this.#beforeCell = this.#value;
  }

  /** The newest prompt is taken back. */
  forget(): void {
    this.#value = this.#beforeCell;
  }

  #add(...said: readonly string[]): void {
    this.#value = sha256(canonicalJson([this.#value, ...said]));
  }
}
