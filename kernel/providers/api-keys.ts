import { z } from 'zod';

/**
 * What an HTTP header can carry (RFC 9110, section 5.5), and no space, which only a copying mistake brings. Several keys
 * stand with commas between them.
 */
export const apiKey = z
  .string()
  .transform((text) => text.replaceAll(/\s*,\s*/g, ','))
  .pipe(
    z
      .string()
      .regex(
        /^[\x21-\x2b\x2d-\x7e]+(?:,[\x21-\x2b\x2d-\x7e]+){0,19}$/,
        'Invalid key: it holds spaces, line ends or letters that no key has, or nothing between two commas',
      ),
  );

/** The keys that one value holds. */
export function separateKeys(value: string | undefined): readonly string[] {
  return value === undefined ? [] : value.split(',');
}
