/**
 * Names of files as text. Linux takes any bytes for a name; where they are no UTF-8, each that is not ASCII becomes half
 * of a surrogate pair, which no text has by itself, so that the bytes can be told again.
 */

const half = 0xdc00;
const replaced = '\ufffd';
const halves = /[\udc80-\udcff]/;
const pairs = /[\ud800-\udbff]/;

export function nameOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes(replaced) || Buffer.from(text).equals(bytes)) return text;
  return bytes
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (character) => String.fromCharCode(half + character.charCodeAt(0)));
}

export const bytesOf = (name: string): Buffer =>
  Buffer.from(name, halves.test(name) && !pairs.test(name) ? 'latin1' : 'utf8');

/** Whether text that was read as UTF-8 surely is a name, byte for byte. */
export const isExact = (name: string): boolean => !name.includes(replaced) && !halves.test(name);
