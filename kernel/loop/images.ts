import type { ChatImage } from '../providers/contract.ts';
import type { Bundle } from '../sandbox/contract.ts';

/** As many of one result are given to a model that sees. */
export const mostOfResult = 3;
/** In base64: 1.5 MB of image. */
const mostCharacters = 2_000_000;
const kinds = { 'image/png': 'iVBORw0KGgo', 'image/jpeg': '/9j/' } as const;

/** The image of a rich output that a model can be given: a real PNG or JPEG by its first bytes, of a bounded size. */
export function imageOf(data: Bundle): ChatImage | undefined {
  for (const mime of Object.keys(kinds) as (keyof typeof kinds)[]) {
    const value = data[mime];
    if (typeof value !== 'string' || value.length > mostCharacters) continue;
    const base64 = value.replaceAll(/\s/g, '');
    if (base64.startsWith(kinds[mime]) && /^[A-Za-z0-9+/]+={0,2}$/.test(base64))
      return { mime, data: base64 };
  }
  return undefined;
}
