import {
  normalized,
  readEnvironment,
  type Environment,
  type ModelIdentity,
} from '../../../kernel/environment/schema.ts';
import type { Hashes } from './hashes.ts';

/** The first line of a lock file. */
const title = '# The environment of a Replique notebook (version 1), as `replique freeze` writes it.';

/** Size of the largest lock file that is read, in bytes. */
export const mostLockBytes = 1_000_000;

/** The lock file of a notebook: beside it. */
export const lockOf = (notebook: string): string => `${notebook.replace(/\.ipynb$/, '')}.lock.txt`;

/** Whether a text is a lock file. */
export const isLock = (text: string): boolean => text.startsWith(title);

/**
 * An environment as a requirements file, which pip installs from; what pip does not install stands in its comments.
 * @param hashes of all packages that come from an index, or of none: pip asks for all where there is one
 */
export function lockText(
  { replique, node, platform, arch, python, model, settings }: Environment,
  hashes: Hashes = new Map(),
): string {
  const elsewhere = new Set(python.elsewhere);
  const packages = Object.entries(python.packages).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const lines = (isElsewhere: boolean): string[] =>
    packages
      .filter(([name]) => elsewhere.has(name) === isElsewhere)
      .map(([name, version]) => requirementLine(name, version, isElsewhere ? [] : hashes.get(name)));
  return [
    title,
    ...Object.entries({ replique, node, platform, arch }).map(comment),
    comment(['implementation', python.implementation]),
    comment(['python', python.version]),
    ...(model ? modelComments(model) : []),
    ...Object.entries(settings).map(comment),
    ...(python.leftOut === undefined ? [] : [comment(['left out', python.leftOut])]),
    ...lines(true).map((line) => comment(['not from an index', line])),
    '',
    ...lines(false),
    '',
  ].join('\n');
}

/** A line of a requirements file. */
export const requirementLine = (name: string, version: string, hashes: readonly string[] = []): string =>
  [`${name}==${version}`, ...hashes.map((hash) => `--hash=sha256:${hash}`)].join(' ');

const comment = ([key, value]: [string, string | number]): string => `# ${key}: ${value}`;

const modelComments = ({ provider, name, digest, answered }: ModelIdentity): string[] => [
  ...[comment(['provider', provider]), comment(['model', name])],
  ...(digest === undefined ? [] : [comment(['model digest', digest])]),
  ...(answered === undefined ? [] : [comment(['model answered as', answered])]),
];

const requirement =
  /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*==\s*([^\s;#]+)((?:\s+--hash=sha256:[0-9a-f]{64}){0,20})(?:\s+#.*)?$/;
const remark = /^# ([a-zA-Z ]+): (.*)$/;

/** Where the value of a comment belongs in the record. */
const places: Readonly<
  Record<string, { readonly part: string; readonly field: string; readonly isNumber?: true }>
> = {
  replique: { part: '', field: 'replique' },
  node: { part: '', field: 'node' },
  platform: { part: '', field: 'platform' },
  arch: { part: '', field: 'arch' },
  implementation: { part: 'python', field: 'implementation' },
  python: { part: 'python', field: 'version' },
  'left out': { part: 'python', field: 'leftOut', isNumber: true },
  provider: { part: 'model', field: 'provider' },
  model: { part: 'model', field: 'name' },
  'model digest': { part: 'model', field: 'digest' },
  'model answered as': { part: 'model', field: 'answered' },
  temperature: { part: 'settings', field: 'temperature', isNumber: true },
  maxTokens: { part: 'settings', field: 'maxTokens', isNumber: true },
  maxTurns: { part: 'settings', field: 'maxTurns', isNumber: true },
  helperTimeoutSeconds: { part: 'settings', field: 'helperTimeoutSeconds', isNumber: true },
  vision: { part: 'settings', field: 'vision' },
  profile: { part: 'settings', field: 'profile' },
  sandbox: { part: 'settings', field: 'sandbox' },
};

/** What a lock file says. */
export interface Lock {
  readonly environment: Environment;
  /** Of all packages that come from an index, or of none. */
  readonly hashes: Hashes;
}

/** Reads a lock file. What it does not understand is a problem: nothing of it is passed over but comments of a person. */
export function readLock(text: string): Lock | { readonly problem: string } {
  if (!isLock(text)) return { problem: 'is not one that `replique freeze` wrote' };
  const packages = new Map<string, string>();
  const hashes = new Map<string, readonly string[]>();
  const elsewhere: string[] = [];
  const parts: Record<string, Record<string, unknown>> = { '': {}, python: {}, settings: {} };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [, key = '', value = ''] = remark.exec(line) ?? [];
    const isElsewhere = key === 'not from an index';
    const [, name, version, its = ''] = requirement.exec(isElsewhere ? value : line.trim()) ?? [];
    const place = Object.hasOwn(places, key) ? places[key] : undefined;
    const where = `at line ${index + 1}`;
    if (name !== undefined && version !== undefined) {
      const known = normalized(name);
      if (packages.has(known)) return { problem: `names a package twice (${where})` };
      packages.set(known, version);
      if (isElsewhere) elsewhere.push(known);
      else if (its !== '')
        hashes.set(
          known,
          [...its.matchAll(/[0-9a-f]{64}/g)].map(([hash]) => hash),
        );
    } else if (place !== undefined) {
      const part = (parts[place.part] ??= {});
      part[place.field] = place.isNumber ? Number(value) : value;
    } else if (isElsewhere || (line.trim() !== '' && !line.startsWith('#'))) {
      return { problem: `holds something else than \`package==version\` (${where})` };
    }
  }
  const python = {
    ...parts['python'],
    packages: Object.fromEntries(packages),
    ...(elsewhere.length > 0 && { elsewhere }),
  };
  if (hashes.size > 0 && hashes.size + elsewhere.length < packages.size) {
    return { problem: 'has hashes for some of its packages, and pip needs all or none' };
  }
  const { '': versions, settings, model } = parts;
  const read = readEnvironment({ version: 1, ...versions, python, settings, ...(model && { model }) });
  return 'problem' in read ? read : { environment: read.environment, hashes };
}
