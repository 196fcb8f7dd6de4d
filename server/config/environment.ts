import { repliqueError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/near.ts';
import { keys, schema, secretKeys, type Key } from './schema.ts';

const prefix = 'REPLIQUE_SERVER_';

/** The file's own variable: it is no key. */
export const fileVariable = `${prefix}CONFIG`;

/** `REPLIQUE_SERVER_BASE_URL` of `baseUrl`. */
const variableOf = (key: Key): string => prefix + key.replace(/[A-Z]/g, '_$&').toUpperCase();

/** The variable of each key; of one that has two, the later counts. */
const variables: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['JUPYTER_TOKEN', 'token'],
  ...keys.map((key) => [variableOf(key), key] as const),
]);

/** Variables that no kernel is given. */
export const secretVariables: readonly string[] = [...variables]
  .filter(([, key]) => key === 'token')
  .map(([name]) => name);

export interface FromEnvironment {
  readonly values: Readonly<Partial<Record<Key, unknown>>>;
  /** The variable of each value. */
  readonly names: Readonly<Partial<Record<Key, string>>>;
}

/**
 * What the environment sets. An empty variable of a token sets none: one that something else was to fill would else let anybody in.
 * A variable that looks like a misspelt one is refused; others of the same prefix are left alone:
 * Kubernetes makes some for a service of that name.
 * @throws RepliqueError CONFIG_INVALID
 */
export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): FromEnvironment {
  const values: Partial<Record<Key, unknown>> = {};
  const names: Partial<Record<Key, string>> = {};
  for (const [name, key] of variables) {
    const text = environment[name];
    if (text === undefined || (text === '' && secretKeys.includes(key))) continue;
    values[key] = parse(key, text);
    names[key] = name;
  }
  for (const name of Object.keys(environment)) refuseMisspelt(name);
  return { values, names };
}

function refuseMisspelt(name: string): void {
  if (!name.startsWith(prefix) || variables.has(name) || name === fileVariable) return;
  const [meant] = nearest(name, [...variables.keys(), fileVariable]);
  if (meant === undefined) return;
  throw repliqueError('CONFIG_INVALID', {
    where: `the variable ${name}`,
    problem: 'there is none of that name.',
    remedy: `Did you mean ${meant}? Else \`unset ${name}\`.`,
  });
}

/** What stands for yes, no and lists; what it does not know is left for the schema to refuse. */
function parse(key: Key, text: string): unknown {
  const kind = schema.shape[key];
  if (kind.safeParse(true).success && !kind.safeParse(text).success) {
    return /^(?:1|true|yes)$/i.test(text) ? true : /^(?:0|false|no|)$/i.test(text) ? false : text;
  }
  if (kind.safeParse([]).success && !kind.safeParse('').success) {
    return text
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '');
  }
  return text;
}
