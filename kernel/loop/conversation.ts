import type { ChatImage, ChatMessage } from '../providers/contract.ts';
import {
  digest,
  longChars,
  shortenResults,
  shortenWords,
  type Entry,
  type Keep,
  type Part,
} from './compaction.ts';
import { bound, escapeTags } from './escape.ts';
import { contentsOf } from './contents.ts';
import type { CompactionCounts } from './events.ts';
import { brokenOffIn, endings, joined, type Talk } from './earlier.ts';
import { hasCells, withoutCells } from './forget.ts';
import type { GivenPart } from './given.ts';
import { nothingSaid, saying, type Listings } from './listings.ts';
import { Marker, type Mark } from './mark.ts';
import { OwnCode } from './own-code.ts';
import { Trail } from './trail.ts';

const maxUserCode = 2000;
/** A cell of as many turns is a long one; this much of older results in it is worth a rewritten prefix. */
const manyTurns = 8;
const muchChars = 6000;
/** As many results have their images in the messages at once. */
const mostWithImages = 4;
/**
 * The messages of one session. Roles alternate, beginning with the user, whatever happened in a cell. Between
 * compactions a message that has been answered never changes and the one that has not is only added to, so that what a
 * model's cache holds of an earlier call stays valid.
 */
export class Conversation {
  readonly trail = new Trail();
  readonly #system: string;
  readonly #tell: () => void;
  #entries: Entry[] = [];
  #cell = 0;
  /** As many parts before the words of the newest prompt go with it. */
  #given = 0;
  #ownCode = new OwnCode();
  readonly #marker = new Marker();
  #version = 0;
  #place: string | undefined;
  #said = nothingSaid;

  /**
   * @param system the system message, the same for the whole session
   * @param onChange told after each change. Must not throw
   */
  constructor(system: string, onChange: () => void = () => undefined) {
    this.#system = system;
    this.#tell = onChange;
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  /** The notebook's cell that what comes next belongs to, by the kernel's name of it. */
  standIn(cell: string | undefined): void {
    this.#place = cell;
  }

  /** The messages for the next call. */
  messages(): readonly ChatMessage[] {
    return [
      { role: 'system', content: this.#system },
      ...this.#entries.map(({ role, parts }) => {
        const images = parts.flatMap((part) => part.images ?? []);
        const content = parts.map(({ text }) => text).join('\n\n');
        return { role, content, ...(images.length > 0 && { images }) };
      }),
    ];
  }

  /** All that the model was given and did not say itself. */
  given(): string {
    return this.messages()
      .filter(({ role }) => role === 'user')
      .map(({ content }) => content)
      .join('\n');
  }

  /** The parts of the newest message, where the model has not answered it. */
  unanswered(): readonly Readonly<Part>[] {
    const last = this.#entries.at(-1);
    return last?.role === 'user' ? last.parts : [];
  }

  /** What the messages are made of, for who wants to see what fills the context. */
  parts(): ReturnType<typeof contentsOf> {
    return contentsOf(this.#system, this.#entries);
  }

  /** The least that the next call must hold: the system message and the newest one. */
  newest(): readonly ChatMessage[] {
    const all = this.messages();
    return [...all.slice(0, 1), ...all.slice(1).slice(-1)];
  }

  /**
   * A prompt cell begins. What the listings hold is said only where it changed since it was last said.
   * @param given what the prompt points at; it goes before the prompt's words
   */
  beginCell(prompt: string, listings: Listings = {}, given: readonly GivenPart[] = []): void {
    this.#cell += 1;
    const { notes, said } = saying(listings, this.#said);
    for (const note of notes) this.#addUser('note', note);
    this.#said = said;
    if (given.some(({ images = [] }) => images.length > 0)) this.#dropImages();
    for (const { kind, text, images } of given) this.#addUser(kind, text, images);
    this.#given = given.length;
    this.trail.prompt(prompt);
    this.#addUser('words', prompt);
  }

  /** What the model said, with the closing tag of its block where it has one. Empty text is not kept. */
  addResponse(text: string): void {
    if (text.trim() === '') return;
    const last = this.#entries.at(-1);
    if (last?.role !== 'user') throw new Error('A response needs a user message before it.');
    this.#entries.push({ role: 'assistant', cell: this.#cell, parts: [this.#part('words', text)] });
    this.trail.reply(text);
    this.#onChange();
  }

  /** A helper's result, as `ResultCollector` made it, with the images that the model is given. */
  addResult(text: string, images: readonly ChatImage[] = []): void {
    if (images.length > 0) this.#dropImages();
    this.trail.result(text);
    this.#addUser('result', text, images);
  }

  /** A word of ours to the model. */
  addNote(text: string): void {
    this.#addUser('note', text);
  }

  /**
   * Code that the user ran without a model, with its result as `ResultCollector` made it. The model sees both with the
   * next prompt.
   */
  recordUserCode(code: string, lang: string, resultText: string): void {
    this.#cell += 1;
    this.trail.code(lang, code);
    const shown = escapeTags(bound(code.trim(), maxUserCode));
    this.#addUser('note', `I ran this ${lang} code myself:\n${shown}`);
    this.#addUser('result', resultText);
    const last = this.#entries.at(-1);
    if (last) this.#ownCode.added(last);
  }

  /** Takes a cell back that failed before the model said anything: its messages are as if it had not been run. */
  forgetCell(): void {
    const mine = this.#entries.filter((entry) => entry.cell === this.#cell);
    if (mine.some((entry) => entry.role === 'assistant')) return;
    this.trail.forget();
    const last = this.#entries.at(-1);
    const words = last?.parts.findLastIndex((part) => part.kind === 'words') ?? -1;
    if (last?.role === 'user' && words !== -1) last.parts.splice(words - this.#given);
    if (last?.parts.length === 0) this.#entries.pop();
    this.#onChange();
  }

  /**
   * Makes room: shortens the oldest results first, then summarises the oldest cells, then shortens their prompts. The
   * running cell keeps its prompt and its last exchange. Rewrites the prefix, so it should free enough to last for a while.
   * @param fits whether the messages are small enough
   */
  compact(
    fits: (messages: readonly ChatMessage[]) => boolean,
    keep: Keep = () => undefined,
  ): CompactionCounts {
    const done = { shortened: 0, summarisedCells: 0, shortenedPrompts: 0 };
    for (const entry of this.#entries.slice(0, -1)) {
      if (fits(this.messages())) break;
      done.shortened += shortenResults([entry], keep);
    }
    let oldest = this.#entries[0]?.cell ?? this.#cell;
    while (!fits(this.messages()) && oldest < this.#cell) {
      const left = digest(this.#entries, oldest);
      if (left === this.#entries) break;
      this.#entries = [...left];
      this.#said = nothingSaid;
      done.summarisedCells += 1;
      oldest = this.#entries[0]?.cell ?? this.#cell;
    }
    if (!fits(this.messages())) done.shortenedPrompts = shortenWords(this.#entries);
    if (done.shortened + done.summarisedCells + done.shortenedPrompts > 0) this.#onChange();
    return done;
  }

  /**
   * In a cell of many turns, shortens its older results where they have come to much: each further turn would send them
   * again.
   * @returns how many
   */
  economise(keep: Keep = () => undefined): number {
    const mine = this.#entries.filter(({ cell }) => cell === this.#cell);
    const isLong = mine.filter(({ role }) => role === 'assistant').length >= manyTurns;
    const older = mine.slice(0, -1);
    if (!isLong || longChars(older) < muchChars) return 0;
    const shortened = shortenResults(older, keep);
    this.#onChange();
    return shortened;
  }

  /** Everything that was said, as it stands now; without images. */
  state(): Talk {
    const entries = this.#entries.map(({ parts, ...entry }) => ({
      ...entry,
      parts: parts.map(({ kind, text, isDigest, of }) => ({
        ...{ kind, text },
        ...(isDigest && { isDigest }),
        ...(of !== undefined && { of }),
      })),
    }));
    return { cell: this.#cell, trail: this.trail.value, entries };
  }

  /** Everything that was said, images included, to go back to. */
  mark(): Mark {
    const entries = this.#marker.freeze(this.#entries);
    return { cell: this.#cell, entries, said: this.#said, trail: this.trail.value };
  }

  /** Goes back: everything is as it was then. */
  restore({ cell, entries, said, trail }: Mark): void {
    this.#cell = cell;
    this.trail.follow(trail);
    this.#entries = this.#marker.thaw(entries);
    this.#said = said;
    this.#given = 0;
    this.#ownCode = new OwnCode();
    this.#onChange();
  }

  /** Another conversation that goes on from here; nobody is told of its changes. */
  fork(): Conversation {
    const other = new Conversation(this.#system);
    other.restore(this.mark());
    return other;
  }

  /** Forgets what cells of the notebook added, by the kernel's names of them. */
  forget(cells: ReadonlySet<string>): void {
    if (!hasCells(this.#entries, cells)) return;
    this.#entries = withoutCells(this.#entries, cells);
    this.#said = nothingSaid;
    this.#ownCode = new OwnCode();
    this.#onChange();
  }

  /**
   * Puts an earlier session's messages before this one's. What was broken off there is ended; Python's memory is not as it was.
   * @returns what was broken off
   */
  prepend({ cell, trail = '', entries }: Talk): 'helper' | 'reply' | undefined {
    if (this.#entries.length === 0) this.trail.follow(trail);
    const mine = this.#entries.map((entry) => ({ ...entry, cell: entry.cell + cell }));
    this.#entries = entries.map((entry) => ({ ...entry, parts: entry.parts.map((part) => ({ ...part })) }));
    const brokenOff = brokenOffIn(this.#entries);
    const mineCell = this.#cell;
    this.#cell = cell;
    if (brokenOff) this.#addUser(endings[brokenOff].kind, endings[brokenOff].text);
    this.#entries = joined(this.#entries, mine);
    this.#cell = cell + mineCell;
    this.#addUser('note', 'Python was started anew since then: the variables of before are gone.');
    this.#said = nothingSaid;
    return brokenOff;
  }

  #onChange(): void {
    this.#version += 1;
    this.#tell();
  }

  #part(kind: Part['kind'], text: string): Part {
    return { kind, text, ...(this.#place !== undefined && { of: this.#place }) };
  }

  /** Each call sends all images anew: beyond a few the older results are told of in words only. */
  #dropImages(): void {
    const seen = this.#entries.flatMap(({ parts }) => parts).filter(({ images }) => images !== undefined);
    if (seen.length < mostWithImages) return;
    for (const part of seen) part.images = undefined;
  }

  #addUser(kind: Part['kind'], text: string, images: readonly ChatImage[] = []): void {
    const part: Part = { ...this.#part(kind, text), ...(images.length > 0 && { images }) };
    const last = this.#entries.at(-1);
    if (last?.role === 'user') {
      last.parts.push(part);
      last.cell = this.#cell;
    } else this.#entries.push({ role: 'user', cell: this.#cell, parts: [part] });
    this.#onChange();
  }
}
