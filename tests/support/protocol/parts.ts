import { z } from 'zod';

/**
 * What the messages of Jupyter's messaging protocol are made of. The sections named here and beside are those of
 * "Messaging in Jupyter", version 5.5, in the documentation of jupyter_client.
 */

export const text = z.string();
export const named = z.string().min(1);
/** "Execution counter": grows by one with each request that is stored; 0 before the first. */
export const count = z.int().nonnegative();
/** "cursor_pos and unicode offsets": code points, so a whole number. */
export const cursor = z.int().nonnegative();
export const object = z.record(z.string(), z.unknown());

const mimeType = /^[a-z]+\/[\w.+-]+(?:; ?[\w-]+=[\w.-]+)*$/i;
const isText = (type: string): boolean =>
  type.startsWith('text/') || ['image/svg+xml', 'application/javascript'].includes(type);
const isBase64 = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value) &&
  value.replace(/\s/g, '').length % 4 === 0;
const isBinary = (type: string): boolean =>
  /^image\/(?!svg)|^(?:audio|video)\/|^application\/pdf$/.test(type);

/** "Display Data": MIME types, each with text, with base64 of bytes, or with JSON that is not a string of JSON. */
export const mimeBundle = object.superRefine((bundle, context) => {
  for (const [type, value] of Object.entries(bundle)) {
    const wrong = problemOf(type, value);
    if (wrong !== undefined) context.addIssue({ code: 'custom', path: [type], message: wrong });
  }
});

function problemOf(type: string, value: unknown): string | undefined {
  if (!mimeType.test(type)) return 'is no MIME type';
  if (isText(type) && typeof value !== 'string') return 'is no text';
  if (isBinary(type) && !isBase64(value)) return 'is no base64';
  return undefined;
}

/** "Display Data": what the keys of MIME types hold is for that type alone, and an object. */
export const outputMetadata = object.superRefine((metadata, context) => {
  for (const [key, value] of Object.entries(metadata)) {
    if (mimeType.test(key) && !object.safeParse(value).success) {
      context.addIssue({ code: 'custom', path: [key], message: 'is no object' });
    }
  }
});

const error = { ename: text, evalue: text, traceback: z.array(text) };
/** "Request-Reply", `status='error'`; "Execution errors" are the same without the status. */
export const failure = z.strictObject({ status: z.literal('error'), ...error });
export const errorFields = error;
