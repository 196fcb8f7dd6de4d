import { randomBytes } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { repliqueError } from '../kernel/errors.ts';
import { fileVariable, fromEnvironment } from './config/environment.ts';
import { fromFile, usualFile } from './config/file.ts';
import { keys, schema, secretKeys, type Key, type Keys } from './config/schema.ts';

export { secretVariables } from './config/environment.ts';

/**
 * The configuration as the server uses it: paths absolute, `token` always there (`isTokenFresh`: nobody has named one),
 * `baseUrl` between slashes.
 */
export type ServerConfig = Readonly<Keys & { token: string; isTokenFresh: boolean }>;

export type ServerSettings = Readonly<Partial<Record<Key, unknown>>>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a value was set: `default`, `file PATH`, `variable NAME`, `option`. */
type Sources = Readonly<Record<Key, string>>;

export interface LoadedConfig {
  readonly config: ServerConfig;
  readonly sources: Sources;
}

/**
 * The configuration: defaults, then the file, then the environment, then what was given on the command line.
 * @param file where it is not the usual one: then it must be there
 * @throws RepliqueError CONFIG_INVALID, naming file, variable or option, never showing a token
 */
export function loadServerConfig(
  settings: ServerSettings,
  environment: Environment = {},
  file?: string,
): ServerConfig {
  return loadServerConfigWithSources(settings, environment, file).config;
}

/** The same, and where each value came from. */
export function loadServerConfigWithSources(
  settings: ServerSettings,
  environment: Environment = {},
  file: string | undefined = environment[fileVariable],
): LoadedConfig {
  const path = file === undefined ? usualFile() : resolve(file);
  const inFile = fromFile(path, file !== undefined);
  const { values, names } = fromEnvironment(environment);
  const stated = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const sources = Object.fromEntries(
    keys.map((key) => {
      if (Object.hasOwn(stated, key)) return [key, 'option'];
      const variable = names[key];
      if (variable !== undefined) return [key, `variable ${variable}`];
      return [key, Object.hasOwn(inFile, key) ? `file ${path}` : 'default'];
    }),
  ) as Sources;
  const parsed = schema.safeParse({ ...inFile, ...values, ...stated });
  if (!parsed.success) throw invalid(parsed.error, sources);
  return { config: complete(parsed.data), sources };
}

function complete(given: Keys): ServerConfig {
  if ((given.certFile === undefined) !== (given.keyFile === undefined)) {
    throw repliqueError('SERVER_REFUSED', {
      sentence: 'TLS needs a certificate and its key.',
      remedy: 'Give both --certfile and --keyfile.',
    });
  }
  const absolute = (path: string | undefined) => path && resolve(path);
  return Object.freeze({
    ...given,
    token: given.token ?? randomBytes(32).toString('hex'),
    isTokenFresh: given.token === undefined,
    dir: directory(given.dir),
    baseUrl: `/${given.baseUrl.split('/').filter(Boolean).join('/')}/`.replace('//', '/'),
    passwordFile: absolute(given.passwordFile),
    certFile: absolute(given.certFile),
    keyFile: absolute(given.keyFile),
  });
}

/** The configuration for people: each value and where it is from, without the token. */
export function shownConfig({ config, sources }: LoadedConfig): object {
  const shown = (key: Key): unknown => {
    if (!secretKeys.includes(key)) return config[key] ?? null;
    return config[key] === '' ? '(none)' : '(set)';
  };
  return Object.fromEntries(keys.map((key) => [key, { value: shown(key), from: sources[key] }]));
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine reaches an address. */
export const isLoopback = (address: string): boolean =>
  address === 'localhost' ||
  (isIP(address) !== 0 && loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));

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

function invalid({ issues }: z.ZodError, sources: Sources): Error {
  const key = String(issues[0]?.path[0] ?? '');
  const source = Object.hasOwn(sources, key) ? sources[key as Key] : 'option';
  const where = source === 'option' ? 'the options' : `the ${source}`;
  return repliqueError('CONFIG_INVALID', {
    where,
    problem: `"${key}": ${issues[0]?.message ?? 'not valid'}.`,
    remedy: `Correct it; \`replique server --help\` lists the options.`,
  });
}
