import type { Environment, ModelIdentity } from './schema.ts';

/** Where the present environment is not the recorded one. */
export interface Difference {
  readonly kind:
    | 'replique'
    | 'node'
    | 'platform'
    | 'python'
    | 'package'
    | 'model'
    | 'weights'
    | 'setting'
    | 'file'
    | 'folder';
  /** What differs: `numpy`, `Python`, `temperature`, `ollama:qwen2.5-coder:7b`. */
  readonly name: string;
  /** Absent: it was not there. */
  readonly recorded?: string;
  /** Absent: it is not here, or not known. */
  readonly found?: string;
  /** It keeps a locked notebook from being run. */
  readonly isBinding: boolean;
  /** What may come out otherwise: only what a model says, or what code comes to, too. */
  readonly concerns: 'model' | 'code';
}

/**
 * How the present environment is not the recorded one; what keeps a locked notebook from being run comes first.
 * @param models what is known of models here
 */
export function differencesOf(
  recorded: Environment,
  present: Environment,
  models: readonly ModelIdentity[] = [],
): readonly Difference[] {
  const platform = (of: Environment): string => `${of.platform} ${of.arch}`;
  const python = ({ python: of }: Environment): string => `${of.implementation} ${of.version}`;
  const all = [
    ...unlike({ kind: 'python', name: 'Python' }, python(recorded), python(present)),
    ...packages(recorded, present),
    ...model(recorded, present),
    ...weights(recorded, models),
    ...settings(recorded, present),
    ...unlike({ kind: 'replique', name: 'Replique' }, recorded.replique, present.replique),
    ...unlike({ kind: 'platform', name: 'platform' }, platform(recorded), platform(present)),
    ...unlike({ kind: 'node', name: 'Node', isBinding: false }, recorded.node, present.node),
  ];
  return [...all.filter(({ isBinding }) => isBinding), ...all.filter(({ isBinding }) => !isBinding)];
}

type About = Pick<Difference, 'kind' | 'name'> & Partial<Pick<Difference, 'isBinding' | 'concerns'>>;

function unlike(about: About, recorded: string | undefined, found: string | undefined): Difference[] {
  if (recorded === found) return [];
  const values = { ...(recorded !== undefined && { recorded }), ...(found !== undefined && { found }) };
  return [{ isBinding: true, concerns: 'code', ...about, ...values }];
}

/** One that is here besides what was recorded binds nothing: pip does not remove it either. */
function packages({ python: then }: Environment, { python: now }: Environment): Difference[] {
  const recorded = new Map(Object.entries(then.packages));
  const found = new Map(Object.entries(now.packages));
  const names = [...new Set([...recorded.keys(), ...found.keys()])].toSorted();
  const unnamed = 'packages that are not named';
  return [
    ...names.flatMap((name) =>
      unlike({ kind: 'package', name, isBinding: recorded.has(name) }, recorded.get(name), found.get(name)),
    ),
    ...unlike({ kind: 'package', name: unnamed }, then.leftOut?.toString(), now.leftOut?.toString()),
  ];
}

function model({ model: then }: Environment, { model: now }: Environment): Difference[] {
  if (then === undefined) return [];
  const words = (of: Environment['model']) => of && `${of.provider}:${of.name}`;
  return unlike({ kind: 'model', name: 'model', concerns: 'model' }, words(then), words(now));
}

/** Others under the same name; where it is not known whether they are, nothing is told. */
function weights({ model: then }: Environment, models: readonly ModelIdentity[]): Difference[] {
  const now = models.find(({ provider, name }) => provider === then?.provider && name === then.name);
  if (then?.digest === undefined || now?.digest === undefined) return [];
  const name = `${then.provider}:${then.name}`;
  const words = (digest: string): string => `sha256:${digest}`;
  return unlike({ kind: 'weights', name, concerns: 'model' }, words(then.digest), words(now.digest));
}

/** Nothing that a notebook says makes anybody's sandbox looser: it is told, and no more. */
const untied: readonly string[] = ['profile', 'sandbox'];
const ofCode: readonly string[] = [...untied, 'helperTimeoutSeconds'];

function settings({ settings: then }: Environment, { settings: now }: Environment): Difference[] {
  const found = new Map<string, unknown>(Object.entries(now));
  return Object.entries(then).flatMap(([name, value]) => {
    const concerns = ofCode.includes(name) ? 'code' : 'model';
    const about = { kind: 'setting', name, concerns, isBinding: !untied.includes(name) } as const;
    return unlike(about, String(value), String(found.get(name)));
  });
}
