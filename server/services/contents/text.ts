import { isUtf8 } from 'node:buffer';
import { HttpError } from '../../http/errors.ts';

/** As MIME has it (RFC 2045), and as Python's `base64.encodebytes` writes. */
const base64Line = 76;

export interface TextContent {
  readonly content: string;
  readonly format: 'text' | 'base64';
}

/**
 * A file's bytes as JSON can hold them.
 * @param format text or base64; where nothing is said, text if it can be
 * @throws HttpError 400 where text was asked for and it is none
 */
export function textOf(bytes: Buffer, format: 'text' | 'base64' | undefined, path: string): TextContent {
  if (format !== 'base64') {
    if (isUtf8(bytes)) return { content: bytes.toString('utf8'), format: 'text' };
    if (format === 'text') throw new HttpError(400, `${path} is not UTF-8 encoded`, 'bad format');
  }
  const lines: string[] = [];
  const step = (base64Line / 4) * 3;
  for (let start = 0; start < bytes.length; start += step)
    lines.push(bytes.toString('base64', start, start + step));
  return { content: lines.map((line) => `${line}\n`).join(''), format: 'base64' };
}

/**
 * The bytes of a content that a client sent.
 * @throws HttpError 400
 */
export function bytesOf(content: unknown, format: unknown, path: string): Buffer {
  if (format !== 'text' && format !== 'base64') {
    throw new HttpError(400, "Must specify format of file contents as 'text' or 'base64'");
  }
  if (typeof content !== 'string')
    throw new HttpError(400, `Encoding error saving ${path}: the content is no string`);
  if (format === 'text') {
    if (/\p{Surrogate}/u.test(content))
      throw new HttpError(400, `Encoding error saving ${path}: half a character in it`);
    return Buffer.from(content, 'utf8');
  }
  return decoded(content, path);
}

/** Like Python's decoder it passes over what is no base64, and refuses what ends amid a byte or is not ASCII. */
function decoded(content: string, path: string): Buffer {
  const letters = /[^A-Za-z0-9+/=]/.test(content) ? content.replace(/[^A-Za-z0-9+/=]/g, '') : content;
  const length = letters.replace(/=+$/, '').length;
  if (/[^\0-\x7f]/.test(content) || length % 4 === 1 || letters.length % 4 !== 0) {
    throw new HttpError(400, `Encoding error saving ${path}: the content is no base64`);
  }
  return Buffer.from(letters, 'base64');
}
