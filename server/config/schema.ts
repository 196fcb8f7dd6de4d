import { isIP } from 'node:net';
import { z } from 'zod';

/** A number, or a text that is one, as options and variables have it. Nothing else counts as one: not yes, not nothing. */
const number = (least: number, most: number, of: 'number' | 'whole number' = 'number') => {
  const said = `it has to be a ${of} from ${least} to ${most}`;
  const plain = z.number(said).min(least, said).max(most, said);
  const fromText = (value: unknown): unknown =>
    typeof value === 'string' && /^\s*-?\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : value;
  return z.preprocess(fromText, of === 'number' ? plain : plain.int(said));
};

const mostSeconds = 31_536_000;
const seconds = number(0, mostSeconds);
/** Of what is done again and again. */
const pause = number(0.05, mostSeconds);
const yesOrNo = z.boolean('it has to be true or false');
const text = (most: number) =>
  z.string('it has to be a text').max(most, `it is longer than ${most} characters`);
const file = text(4096).min(1, 'it is empty');

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** Every key of the server's configuration. */
export const schema = z.strictObject({
  ip: text(100)
    .refine((value) => value === 'localhost' || isIP(value) !== 0, 'it is no IP address')
    .default('127.0.0.1')
    .describe('address to listen on'),
  port: number(0, 65_535, 'whole number').default(8888).describe('0: any that is free'),
  token: text(1000)
    .regex(/^[\x21-\x7e]*$/, 'it holds what a header can’t carry')
    .optional()
    .describe('empty, but not in the environment: none is asked for; default: a fresh one of 256 bits'),
  passwordFile: file.optional().describe('what `replique password` has written'),
  dir: file.default('.').describe('directory that kernels start in and paths of the API begin at'),
  baseUrl: text(500)
    .regex(/^[\w\-.~%!$&'()*+,;=:@/]*$/, 'it is no path of a URL')
    .refine(isDecodable, 'it is no path of a URL')
    .default('/')
    .describe('path below which everything is'),
  certFile: file.optional().describe('certificate for TLS, PEM'),
  keyFile: file.optional().describe('its key'),
  allowHosts: z
    .array(
      text(255).regex(/^[\w.:[\]-]+$/, 'one of them is no name of a host'),
      'it has to be a list of names',
    )
    .max(100, 'there are more than 100')
    .default([])
    .describe('names that a proxy gives this server, besides localhost'),
  allowRoot: yesOrNo.default(false).describe('whether it runs as root'),
  allowHidden: yesOrNo
    .default(false)
    .describe('whether clients see and change files whose names begin with a dot'),
  trash: yesOrNo.default(true).describe('whether deleted files go to the trash of the desktop'),
  keepKernelsSeconds: seconds
    .default(0)
    .describe(
      'how long kernels outlive a server that SIGTERM or a crash has ended, for the next one; 0: not',
    ),
  cullIdleSeconds: seconds.default(0).describe('a kernel that was idle so long is ended; 0: never'),
  cullIntervalSeconds: pause.default(300).describe('between two looks for idle kernels'),
  cullConnected: yesOrNo.default(false).describe('whether kernels that have a client are ended, too'),
  cullBusy: yesOrNo.default(false).describe('whether kernels that run code are ended, too'),
  pingSeconds: pause.default(30).describe('between two questions whether a client is there'),
  bufferMb: number(1, 1_000_000)
    .default(4096)
    .describe('of messages that are kept for a client that is away or slow'),
  inputSeconds: seconds
    .default(300)
    .describe('how long a kernel’s question waits for a page that is away, until it is denied'),
  logLevel: z
    .enum(levels, `it has to be one of ${levels.join(', ')}`)
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
