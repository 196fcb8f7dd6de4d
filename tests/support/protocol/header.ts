import { z } from 'zod';
import { named, text } from './parts.ts';

/** "Message Header", of a message that the kernel has made. */
export const header = z.strictObject({
  msg_id: named,
  session: named,
  username: text,
  date: z.iso.datetime({ offset: true }),
  msg_type: named,
  version: z.string().regex(/^5\.\d+(?:\.\d+)?$/),
  subshell_id: named.nullish(),
});

/** "Parent header": a copy of the header of the request, or nothing. What clients put there is theirs. */
export const parentHeader = z.union([
  z.strictObject({}),
  z.looseObject({ msg_id: named, msg_type: named, session: text }),
]);
