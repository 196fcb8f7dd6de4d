import { isJsonType } from './lines.ts';
import { isObject } from './structure.ts';

/** Where in a notebook something is. */
type Place = 'elsewhere' | 'notebook' | 'cells' | 'cell' | 'outputs' | 'output' | 'attachments' | 'bundle';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Strings are looked through byte by byte so far; the ends of longer ones are found by the system's search. */
const near = 128;
/** Bytes for slots, besides those that joining saves. */
const spare = 4096;
/** What more lists and objects in one another is no notebook. */
const deepest = 1000;

/** Room for a member that says whether a cell is trusted. */
const slot = '                 ';

/** A place for that member, at the beginning of a cell's metadata. */
interface Slot {
  readonly at: number;
  /** Whether others follow. */
  readonly isFollowed: boolean;
}

/** A notebook's JSON with its texts as single strings. */
export interface JoinedText {
  readonly bytes: Buffer;
  /** One for each cell, in order; `undefined` where they can't be told. */
  readonly slots: readonly Slot[] | undefined;
}

/** Says of each cell whether it is trusted, where anything is to be said, in the JSON itself. */
export function sayTrusted({ bytes }: JoinedText, slots: readonly Slot[], trusted: readonly unknown[]): void {
  for (const [index, { at, isFollowed }] of slots.entries()) {
    const said = trusted[index];
    if (typeof said === 'boolean') bytes.write(`"trusted":${said}${isFollowed ? ',' : ''}`, at);
  }
}

/**
 * The JSON of a notebook's file with its lists of lines as single strings, as they are for clients: a large notebook has hundreds of
 * thousands of lines, and each would be made a string, kept, and joined. Nothing else is changed, so what was no JSON is none after it.
 * @returns `undefined` where a list holds anything but strings
 */
export function joinedText(bytes: Buffer): JoinedText | undefined {
  return new Joiner(bytes).join();
}

/** Whether what was joined are lists of lines: of outputs that are of no known kind they need not be. */
export function isAsJoined(value: unknown): boolean {
  if (!isObject(value) || value['nbformat'] !== 4 || !Array.isArray(value['cells'])) return false;
  return value['cells'].every((cell: unknown) => {
    if (!isObject(cell) || !Array.isArray(cell['outputs'])) return true;
    if (cell['outputs'].length === 0) return true;
    return cell['cell_type'] === 'code' && cell['outputs'].every(isKnownOutput);
  });
}

function isKnownOutput(output: unknown): boolean {
  if (!isObject(output)) return true;
  const type = output['output_type'];
  if (type === 'execute_result' || type === 'display_data') return !('text' in output);
  return Boolean(type) && !('data' in output);
}

class Joiner {
  readonly #from: Buffer;
  readonly #to: Buffer;
  #at = 0;
  #read = 0;
  /** The last string of an object that was no value. */
  #key = [0, 0] as [start: number, end: number];
  #cells = 0;
  readonly #slots: Slot[] = [];

  constructor(bytes: Buffer) {
    this.#from = bytes;
    this.#to = Buffer.allocUnsafeSlow(bytes.length + spare);
  }

  join(): JoinedText | undefined {
    const [from, to] = [this.#from, this.#to];
    const places: Place[] = [];
    let place: Place = 'elsewhere';
    let isValue = false;
    while (this.#read < from.length) {
      const byte = from[this.#read] as number;
      if (byte === quote) {
        const start = this.#read + 1;
        to[this.#at++] = quote;
        this.#string();
        to[this.#at++] = quote;
        if (!isValue) this.#key = [start, this.#read - 1];
        continue;
      }
      if (byte === openList || byte === openObject) {
        const key: string = isValue && place !== 'elsewhere' ? this.#keyText() : '';
        if (byte === openList && isLines(place, key)) {
          if (!this.#lines()) return undefined;
          continue;
        }
        if (places.length === deepest) return undefined;
        if (place === 'cells') this.#cells += 1;
        const isMetadata = place === 'cell' && byte === openObject && key === 'metadata';
        places.push(place);
        place = places.length === 1 && byte === openObject ? 'notebook' : inner(place, key, byte);
        isValue = false;
        if (isMetadata) {
          this.#slot();
          continue;
        }
      } else if (byte === closeList || byte === closeObject) {
        place = places.pop() ?? 'elsewhere';
        isValue = true;
      } else if (byte === colon) isValue = true;
      else if (byte === comma) isValue = false;
      to[this.#at++] = byte;
      this.#read += 1;
    }
    return {
      bytes: to.subarray(0, this.#at),
      slots: this.#cells === this.#slots.length ? this.#slots : undefined,
    };
  }

  /** Copies the beginning of an object, and makes room for a member. */
  #slot(): void {
    this.#to[this.#at++] = openObject;
    this.#read += 1;
    this.#space();
    const isRoom = this.#to.length - this.#at - slot.length >= this.#from.length - this.#read;
    // Of two in one cell it is not known which one counts.
    if (!isRoom || this.#slots.length !== this.#cells - 1) this.#cells = NaN;
    if (!isRoom) return;
    this.#slots.push({ at: this.#at, isFollowed: this.#from[this.#read] !== closeObject });
    this.#at += this.#to.write(slot, this.#at);
  }

  #keyText(): string {
    return this.#from.toString('latin1', ...this.#key);
  }

  /** Copies what is in a string that begins here, and stands behind it then. */
  #string(): void {
    const [from, to] = [this.#from, this.#to];
    const most = Math.min(this.#read + 1 + near, from.length);
    let read = this.#read + 1;
    let at = this.#at;
    while (read < most) {
      const byte = from[read] as number;
      if (byte === quote) {
        this.#read = read + 1;
        this.#at = at;
        return;
      }
      to[at++] = byte;
      read += 1;
      if (byte === backslash && read < from.length) to[at++] = from[read++] as number;
    }
    const end = endOfString(from, read);
    this.#at = at + from.copy(to, at, read, end);
    this.#read = end + 1;
  }

  /** Copies a list of strings that begins here as a single one. @returns whether it is one */
  #lines(): boolean {
    const [from, to] = [this.#from, this.#to];
    to[this.#at++] = quote;
    this.#read += 1;
    this.#space();
    let isMore = from[this.#read] !== closeList;
    while (isMore) {
      if (from[this.#read] !== quote) return false;
      this.#string();
      if (from[this.#read] !== comma) this.#space();
      isMore = from[this.#read] === comma;
      if (!isMore) continue;
      this.#read += 1;
      this.#space();
    }
    to[this.#at++] = quote;
    this.#read += 1;
    return from[this.#read - 1] === closeList;
  }

  #space(): void {
    const from = this.#from;
    let read = this.#read;
    for (
      let byte = from[read];
      byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
      byte = from[read]
    )
      read += 1;
    this.#read = read;
  }
}

/** The quote that no odd number of backslashes stands before, from a place that is not behind one. */
function endOfString(from: Buffer, start: number): number {
  for (let at = from.indexOf(quote, start); at >= 0; at = from.indexOf(quote, at + 1)) {
    let slashes = at;
    while (slashes > start && from[slashes - 1] === backslash) slashes -= 1;
    if ((at - slashes) % 2 === 0) return at;
  }
  return from.length;
}

/** Whether a list there is one of lines. */
function isLines(place: Place, key: string): boolean {
  if (place === 'cell') return key === 'source';
  if (place === 'output') return key === 'text';
  return place === 'bundle' && !isJsonType(key) && !key.includes('\\');
}

function inner(place: Place, key: string, open: number): Place {
  const isList = open === openList;
  switch (place) {
    case 'notebook':
      return isList && key === 'cells' ? 'cells' : 'elsewhere';
    case 'cells':
      return isList ? 'elsewhere' : 'cell';
    case 'cell':
      if (isList) return key === 'outputs' ? 'outputs' : 'elsewhere';
      return key === 'attachments' ? 'attachments' : 'elsewhere';
    case 'outputs':
      return isList ? 'elsewhere' : 'output';
    case 'output':
      return !isList && key === 'data' ? 'bundle' : 'elsewhere';
    case 'attachments':
      return isList ? 'elsewhere' : 'bundle';
    default:
      return 'elsewhere';
  }
}
