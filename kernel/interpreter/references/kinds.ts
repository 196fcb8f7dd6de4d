/** How files of some kinds begin. */
const beginnings: readonly (readonly [string, string])[] = [
  ['89504e47', 'PNG image'],
  ['ffd8ff', 'JPEG image'],
  ['47494638', 'GIF image'],
  ['25504446', 'PDF document'],
  ['504b0304', 'ZIP archive (or a document that is one: xlsx, docx, npz …)'],
  ['1f8b', 'gzip archive'],
  ['50415231', 'Parquet table'],
  ['4152524f5731', 'Arrow table'],
  ['53514c69746520666f726d6174', 'SQLite database'],
  ['894844460d0a1a0a', 'HDF5 file'],
  ['934e554d5059', 'numpy array'],
  ['8004', 'pickle'],
  ['7f454c46', 'program'],
];

/** The kind of a file that is no text, by its first bytes. */
export function kindOf(head: Buffer): string {
  const start = head.toString('hex', 0, 16);
  return beginnings.find(([bytes]) => start.startsWith(bytes))?.[1] ?? 'binary file';
}

/** `640×480`, of a PNG. */
export function pixelsOf(head: Buffer): string | undefined {
  if (head.length < 24 || !head.subarray(0, 4).equals(Buffer.from('89504e47', 'hex'))) return undefined;
  return `${head.readUInt32BE(16)}×${head.readUInt32BE(20)} pixels`;
}

const notText = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/;

/** How the bytes of a file are read as text; `undefined` where they are none. */
export function decoderOf(head: Buffer): ((bytes: Buffer) => string) | undefined {
  if (head.length >= 2 && [0xfffe, 0xfeff].includes(head.readUInt16BE(0))) {
    const decoder = new TextDecoder(head[0] === 0xff ? 'utf-16le' : 'utf-16be');
    return (bytes) => unixLines(decoder.decode(bytes));
  }
  if (notText.test(head.toString('latin1'))) return undefined;
  const name = isUtf8(head) ? 'utf8' : 'latin1';
  return (bytes) => unixLines(bytes.toString(name).replaceAll(/^[\ufffd\ufeff]{1,3}|\ufffd{1,3}$/g, ''));
}

/** A character at the end may be cut. */
function isUtf8(head: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

const unixLines = (text: string): string => text.replaceAll(/\r\n?/g, '\n');
