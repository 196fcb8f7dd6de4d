import sanitizeHtml from 'sanitize-html';
import type { IOptions } from 'sanitize-html';

/** The parser's time grows with the square of the depth. */
const deepest = 250;

class TooDeep extends Error {}

/** The sanitizer's output; undefined for markup that is nested deeper than anything people write. */
export function sanitize(markup: string, options: IOptions): string | undefined {
  let depth = 0;
  const onOpenTag = (): void => {
    if (++depth > deepest) throw new TooDeep();
  };
  const onCloseTag = (): void => {
    depth -= 1;
  };
  try {
    return sanitizeHtml(markup, { ...options, onOpenTag, onCloseTag });
  } catch (error) {
    if (error instanceof TooDeep) return undefined;
    throw error;
  }
}
