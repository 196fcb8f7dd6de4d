import { isIP } from 'node:net';
import { z } from 'zod';

const seconds = z.coerce.number().min(0).max(31_536_000);
const file = z.string().min(1).max(4096);

/** Every key of the server's configuration. */
export const schema = z.strictObject({
  ip: z
    .string()
    .refine((value) => value === 'localhost' || isIP(value) !== 0, 'it is no IP address')
    .default('127.0.0.1')
    .describe('address to listen on'),
  port: z.coerce.number().int().min(0).max(65_535).default(8888).describe('0: any that is free'),
  token: z
    .string()
    .max(1000)
    .regex(/^[\x21-\x7e]*$/, 'it holds what a header can’t carry')
    .optional()
    .describe('empty: none is asked for; default: a fresh one of 256 bits'),
  passwordFile: file.optional().describe('what `replique password` has written'),
  dir: file.default('.').describe('directory that kernels start in and paths of the API begin at'),
  baseUrl: z
    .string()
    .max(500)
    .regex(/^[\w\-.~%!$&'()*+,;=:@/]*$/, 'it is no path of a URL')
    .refine(isDecodable, 'it is no path of a URL')
    .default('/')
    .describe('path below which everything is'),
  certFile: file.optional().describe('certificate for TLS, PEM'),
  keyFile: file.optional().describe('its key'),
  allowHosts: z
    .array(z.string().regex(/^[\w.:[\]-]{1,255}$/))
    .max(100)
    .default([])
    .describe('names that a proxy gives this server, besides localhost'),
  allowRoot: z.boolean().default(false).describe('whether it runs as root'),
  allowHidden: z
    .boolean()
    .default(false)
    .describe('whether clients see and change files whose names begin with a dot'),
  trash: z.boolean().default(true).describe('whether deleted files go to the trash of the desktop'),
  keepKernelsSeconds: seconds
    .default(0)
    .describe(
      'how long kernels outlive a server that SIGTERM or a crash has ended, for the next one; 0: not',
    ),
  cullIdleSeconds: seconds.default(0).describe('a kernel that was idle so long is ended; 0: never'),
  cullIntervalSeconds: seconds.min(0.05).default(300).describe('between two looks for idle kernels'),
  cullConnected: z.boolean().default(false).describe('whether kernels that have a client are ended, too'),
  cullBusy: z.boolean().default(false).describe('whether kernels that run code are ended, too'),
  pingSeconds: seconds.min(0.05).default(30).describe('between two questions whether a client is there'),
  bufferMb: z.coerce
    .number()
    .min(1)
    .max(1_000_000)
    .default(4096)
    .describe('of messages that are kept for a client that is away or slow'),
  inputSeconds: seconds
    .default(300)
    .describe('how long a kernel’s question waits for a page that is away, until it is denied'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('what is logged'),
});

export type Keys = z.infer<typeof schema>;
export type Key = keyof Keys;

export const keys = Object.keys(schema.shape) as readonly Key[];

/** Keys whose values are never shown. */
export const secretKeys: readonly Key[] = ['token'];

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return !path.split('/').some((segment) => /^\.\.?$/.test(decodeURIComponent(segment)));
  } catch {
    return false;
  }
}
