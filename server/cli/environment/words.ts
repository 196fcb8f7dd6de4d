import type { Difference } from '../../../kernel/environment/compare.ts';
import type { Environment } from '../../../kernel/environment/schema.ts';
import { showInvisible } from '../../../kernel/output/firewall/invisible.ts';
import { stripTerminal } from '../../../kernel/output/firewall/terminal.ts';

/** A difference in a few words: `numpy recorded 1.26.4, here 2.1.0`. */
export function wordsOf({ kind, name, recorded, found }: Difference): string {
  if (kind === 'file') {
    return safe(`${name} ${found === undefined ? 'can’t be read here any more' : 'is not the file it was'}`);
  }
  if (kind === 'folder') {
    return safe(
      `it ran in the folder ${name}, and not here (--workspace ${quoted(name)} has it verified there)`,
    );
  }
  const isPackage = kind === 'package';
  if (kind === 'weights') return safe(`${name} recorded ${short(recorded)}, here ${short(found)}`);
  const then = recorded === undefined ? 'not recorded' : `recorded ${recorded}`;
  const now = found === undefined ? (isPackage ? 'here not' : 'here not set') : `here ${found}`;
  return safe(`${name} ${then}, ${now}`);
}

const safe = (text: string): string => showInvisible(stripTerminal(text)).replaceAll('\n', ' ');

/** As much of a digest as `ollama list` shows. */
const short = (digest = ''): string => digest.slice(0, 'sha256:'.length + 12);

/** The first of several, and how many more there are. */
export function listed(differences: readonly Difference[], most: number): string {
  const more = differences.length - most;
  return [...differences.slice(0, most).map(wordsOf), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/**
 * How to make the recorded environment, in the order of the steps.
 * @param lock path of the lock file that pip can install from; absent: there is none yet
 */
export function remedyFor(
  differences: readonly Difference[],
  { python, model }: Environment,
  notebook: string,
  lock: string | undefined,
): string {
  const kinds = new Set(differences.map(({ kind }) => kind));
  const steps: string[] = [];
  if (kinds.has('python') || kinds.has('package')) {
    const version = /^\d+\.\d+/.exec(python.version)?.[0] ?? '3';
    const freeze = lock === undefined ? [`npx replique freeze ${quoted(notebook)}`] : [];
    const file = quoted(lock ?? 'LOCK');
    const make = [...freeze, `python${version} -m venv ENV`, `ENV/bin/pip install -r ${file}`].join(' && ');
    steps.push(`Make its Python (\`${make}\`) and set REPLIQUE_PYTHON to the path of ENV/bin/python.`);
  }
  if (kinds.has('model') && model) {
    const { provider, name } = model;
    steps.push(`Set REPLIQUE_PROVIDER=${quoted(provider)} REPLIQUE_MODEL=${quoted(name)}.`);
  }
  if (kinds.has('weights')) {
    steps.push('The model of that name has other weights here: get those with the recorded digest.');
  }
  const set = differences
    .filter(({ kind }) => kind === 'setting')
    .flatMap(({ name, recorded }) =>
      variables[name] === undefined ? [] : [`${variables[name]}=${quoted(recorded ?? '')}`],
    );
  if (set.length > 0) steps.push(`Set ${set.join(' ')}.`);
  if (kinds.has('replique')) steps.push('Run it with that version of Replique.');
  if (kinds.has('platform')) steps.push('Run it on a machine of that kind.');
  return [...steps, 'Without --locked it runs as things are here.'].join(' ');
}

const variables: Readonly<Record<string, string>> = {
  temperature: 'REPLIQUE_TEMPERATURE',
  maxTokens: 'REPLIQUE_MAX_TOKENS',
  maxTurns: 'REPLIQUE_MAX_TURNS',
  helperTimeoutSeconds: 'REPLIQUE_HELPER_TIMEOUT',
  vision: 'REPLIQUE_VISION',
};

/** For a shell: what a notebook holds must not become a command that a reader copies. */
const quoted = (text: string): string =>
  /^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
