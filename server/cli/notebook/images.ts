/** Sizes of images from their first bytes, for placeholders. */

/** Characters of base64 that hold what tells the size: a JPEG may have a long preview before it. */
const mostCharacters = 200_000;

/** `640 × 480`, for PNG, GIF and JPEG given as base64; undefined where it is not to be seen. */
export function pixelsOf(base64: string): string | undefined {
  const bytes = Buffer.from(base64.slice(0, mostCharacters).replaceAll(/\s/g, ''), 'base64');
  const size = png(bytes) ?? gif(bytes) ?? jpeg(bytes);
  return size && `${size[0]} × ${size[1]}`;
}

type Size = readonly [width: number, height: number];

/** https://www.w3.org/TR/png-3/#11IHDR */
const png = (bytes: Buffer): Size | undefined =>
  bytes.length >= 24 && bytes.toString('latin1', 12, 16) === 'IHDR'
    ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
    : undefined;

/** https://www.w3.org/Graphics/GIF/spec-gif89a.txt, 18 */
const gif = (bytes: Buffer): Size | undefined =>
  bytes.length >= 10 && bytes.toString('latin1', 0, 4) === 'GIF8'
    ? [bytes.readUInt16LE(6), bytes.readUInt16LE(8)]
    : undefined;

/** The first frame header: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.2.2 */
function jpeg(bytes: Buffer): Size | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 <= bytes.length;) {
    const marker = bytes.readUInt16BE(at);
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)];
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}
