import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { z } from 'zod';
import { repliqueError } from '../errors.ts';
import type { Ports } from './messages.ts';

const port = z.number().int().min(1).max(65_535);

const connectionFile = z.object({
  transport: z.enum(['tcp', 'ipc']).default('tcp'),
  /** For `ipc` the beginning of the sockets' paths. */
  ip: z
    .string()
    .min(1)
    .refine((ip) => !ip.includes('\0')),
  shell_port: port,
  control_port: port,
  stdin_port: port,
  iopub_port: port,
  hb_port: port,
  key: z.string().default(''),
  signature_scheme: z.literal('hmac-sha256').default('hmac-sha256'),
  /** Keys of an encrypted connection, which the kernel can't make: better refused than left in the clear. */
  curve_secretkey: z.null().optional(),
});

/** What a client tells a kernel at its start: where to listen, and the key that signs messages. */
export type ConnectionInfo = z.infer<typeof connectionFile>;

/** No connection file is longer, in characters. */
const MAX_LENGTH = 65_536;

/**
 * Reads the text of a connection file; `file` names it in the error.
 * @throws RepliqueError CONNECTION_FILE_INVALID, which never shows the file's content.
 */
export function parseConnectionFile(text: string, file: string): ConnectionInfo {
  const invalid = (problem: string) => repliqueError('CONNECTION_FILE_INVALID', { file, problem });
  if (text.length > MAX_LENGTH) throw invalid('it is too long');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('it is no JSON');
  }
  const result = connectionFile.safeParse(value);
  if (result.success) return result.data;
  const fields = new Set(result.error.issues.map((issue) => issue.path.join('.') || 'the whole'));
  throw invalid(`these parts of it are missing or wrong: ${[...fields].join(', ')}`);
}

/** The ports alone, as connect_reply has them. */
export function portsOf(connection: ConnectionInfo): Ports {
  const { shell_port, control_port, stdin_port, iopub_port, hb_port } = connection;
  return { shell_port, control_port, stdin_port, iopub_port, hb_port };
}

/** Jupyter names the file after the kernel, `kernel-ID.json`, and starts it with the same one after a crash. */
export const kernelIdOf = (file: string): string =>
  /^kernel-(.{1,100})\.json$/.exec(basename(file))?.[1] ?? randomUUID();
