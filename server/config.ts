import { randomBytes } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { repliqueError } from '../kernel/errors.ts';

const seconds = z.coerce.number().min(0).max(31_536_000);
const file = z.string().min(1).max(4096);

/** Every key of the server's configuration; docs/server.md explains them to people. */
const schema = z.strictObject({
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
    .default('/'),
  certFile: file.optional(),
  keyFile: file.optional(),
  allowHosts: z
    .array(z.string().regex(/^[\w.:[\]-]{1,255}$/))
    .max(100)
    .default([])
    .describe('names that a proxy gives this server, besides localhost'),
  allowRoot: z.boolean().default(false),
  allowHidden: z
    .boolean()
    .default(false)
    .describe('whether clients see and change files whose names begin with a dot'),
  trash: z.boolean().default(true).describe('whether deleted files go to the trash of the desktop'),
  cullIdleSeconds: seconds.default(0).describe('a kernel that was idle so long is ended; 0: never'),
  cullIntervalSeconds: seconds.min(0.05).default(300),
  cullConnected: z.boolean().default(false),
  cullBusy: z.boolean().default(false),
  pingSeconds: seconds.min(0.05).default(30),
  bufferMb: z.coerce
    .number()
    .min(1)
    .max(1_000_000)
    .default(4096)
    .describe('of messages that are kept for a client that is away or slow'),
  inputSeconds: seconds
    .default(300)
    .describe('how long a kernel’s question waits for a page that is away, until it is denied'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

type Keys = z.infer<typeof schema>;

/** The configuration as the server uses it: paths absolute, `token` always there, `baseUrl` between slashes. */
export type ServerConfig = Readonly<Keys & { token: string }>;

export type ServerSettings = Readonly<Partial<Record<keyof Keys, unknown>>>;

const variables: Readonly<Record<string, keyof Keys>> = {
  JUPYTER_TOKEN: 'token',
  REPLIQUE_SERVER_IP: 'ip',
  REPLIQUE_SERVER_PORT: 'port',
  REPLIQUE_SERVER_TOKEN: 'token',
  REPLIQUE_SERVER_PASSWORD_FILE: 'passwordFile',
  REPLIQUE_SERVER_DIR: 'dir',
  REPLIQUE_SERVER_BASE_URL: 'baseUrl',
  REPLIQUE_SERVER_CERT_FILE: 'certFile',
  REPLIQUE_SERVER_KEY_FILE: 'keyFile',
  REPLIQUE_SERVER_LOG_LEVEL: 'logLevel',
  REPLIQUE_SERVER_CULL_IDLE_SECONDS: 'cullIdleSeconds',
};

/** Variables that no kernel is given. */
export const secretVariables = Object.keys(variables).filter((name) => variables[name] === 'token');

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The configuration: defaults, then the environment, then what was given on the command line.
 * @throws RepliqueError CONFIG_INVALID, naming variable or option, never showing a token
 */
export function loadServerConfig(settings: ServerSettings, environment: Environment = {}): ServerConfig {
  const given = Object.entries(variables).flatMap(([name, key]) =>
    environment[name] === undefined ? [] : [[key, environment[name]]],
  );
  const stated = Object.entries(settings).filter(([, value]) => value !== undefined);
  const parsed = schema.safeParse({ ...Object.fromEntries(given), ...Object.fromEntries(stated) });
  if (!parsed.success) throw invalid(parsed.error, settings);
  const keys = parsed.data;
  if ((keys.certFile === undefined) !== (keys.keyFile === undefined)) {
    throw repliqueError('SERVER_REFUSED', {
      sentence: 'TLS needs a certificate and its key.',
      remedy: 'Give both --certfile and --keyfile.',
    });
  }
  const absolute = (path: string | undefined) => path && resolve(path);
  return Object.freeze({
    ...keys,
    token: keys.token ?? randomBytes(32).toString('hex'),
    dir: directory(keys.dir),
    baseUrl: `/${keys.baseUrl.split('/').filter(Boolean).join('/')}/`.replace('//', '/'),
    passwordFile: absolute(keys.passwordFile),
    certFile: absolute(keys.certFile),
    keyFile: absolute(keys.keyFile),
  });
}

/** The configuration for people: without the token. */
export function shownConfig(config: ServerConfig): object {
  return { ...config, token: config.token === '' ? '(none)' : '(set)' };
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine reaches an address. */
export const isLoopback = (address: string): boolean =>
  address === 'localhost' ||
  (isIP(address) !== 0 && loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return !path.split('/').some((segment) => /^\.\.?$/.test(decodeURIComponent(segment)));
  } catch {
    return false;
  }
}

/** @throws RepliqueError SERVER_REFUSED */
function directory(path: string): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Not there, or not to be seen: said below.
  }
  throw repliqueError('SERVER_REFUSED', {
    sentence: `${resolve(path)} is not a directory that can be served.`,
    remedy: 'Make it, or name another with --dir.',
  });
}

function invalid({ issues }: z.ZodError, settings: ServerSettings): Error {
  const key = String(issues[0]?.path[0] ?? '');
  const name = Object.keys(variables).findLast((each) => variables[each] === key);
  const option = Object.hasOwn(settings, key) && settings[key as keyof Keys] !== undefined;
  const where = option || name === undefined ? 'the options' : `the variable ${name}`;
  return repliqueError('CONFIG_INVALID', {
    where,
    problem: `"${key}": ${issues[0]?.message ?? 'not valid'}.`,
    remedy: `Correct it; \`replique server --help\` lists the options.`,
  });
}
