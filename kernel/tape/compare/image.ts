import { PNG } from 'pngjs';

/** Pixels of the largest image that is looked at; larger ones must be equal. */
const mostPixels = 16_000_000;
const grid = 64;
/** Of 255: how far the mean of a 64th by a 64th of the image may be from the recorded one, and all of them on average. */
const mostOfBlock = 48;
const mostOfAll = 2;
/** Sizes may differ by as much: fonts of another version make other margins. */
const mostOfSize = 0.02;

/**
 * How a PNG looks unlike another, in a sentence; undefined where a reader would take them for the same: images of a
 * like size whose colours are alike wherever one looks. Images that can't be read are alike only when they are equal.
 */
export function differenceOfImages(recorded: string, found: string): string | undefined {
  const [before, after] = [recorded.replaceAll(/\s/g, ''), found.replaceAll(/\s/g, '')];
  if (before === after) return undefined;
  const [old, now] = [read(before), read(after)];
  if (old === undefined || now === undefined) return 'The images are not the same, byte for byte.';
  if (!alike(old.width, now.width) || !alike(old.height, now.height)) {
    return `The image was ${old.width} × ${old.height} pixels large and is ${now.width} × ${now.height}.`;
  }
  const [left, right] = [colours(old), colours(now)];
  const differences = left.map((value, index) => Math.abs(value - (right[index] ?? 0)));
  const most = differences.reduce((all, value) => Math.max(all, value), 0);
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  if (most <= mostOfBlock && mean <= mostOfAll) return undefined;
  const changed = differences.filter((value) => value > mostOfBlock / 2).length / differences.length;
  return `The image looks different in ${Math.max(0.1, changed * 100).toFixed(1)} % of its area.`;
}

const alike = (a: number, b: number): boolean => Math.abs(a - b) <= mostOfSize * Math.max(a, b);

function read(base64: string): PNG | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (width === 0 || height === 0 || width * height > mostPixels) return undefined;
  try {
    return PNG.sync.read(bytes);
  } catch {
    return undefined;
  }
}

/** The mean red, green and blue of each field of a grid, on white, from 0 to 255. */
function colours({ width, height, data }: PNG): readonly number[] {
  const sums = new Float64Array(grid * grid * 3);
  const counts = new Float64Array(grid * grid);
  for (let y = 0; y < height; y += 1) {
    const row = Math.min(grid - 1, Math.floor((y * grid) / height)) * grid;
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      const alpha = data.readUInt8(at + 3) / 255;
      const field = row + Math.min(grid - 1, Math.floor((x * grid) / width));
      for (let channel = 0; channel < 3; channel += 1) {
        const light = data.readUInt8(at + channel) * alpha + 255 * (1 - alpha);
        sums[field * 3 + channel] = (sums[field * 3 + channel] ?? 0) + light;
      }
      counts[field] = (counts[field] ?? 0) + 1;
    }
  }
  return Array.from(sums, (sum, index) => {
    const count = counts[Math.floor(index / 3)] ?? 0;
    return count === 0 ? 255 : sum / count;
  });
}
