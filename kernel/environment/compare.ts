import type { Environment } from './schema.ts';

/** Where the present environment is not the recorded one. */
export interface Difference {
  readonly kind: 'replique' | 'node' | 'platform' | 'python' | 'package' | 'model' | 'setting' | 'file';
  /** What differs: `numpy`, `Python`, `temperature`. */
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

/** How the present environment is not the recorded one; what keeps a locked notebook from being run comes first. */
export function differencesOf(recorded: Environment, present: Environment): readonly Difference[] {
  const platform = (of: Environment): string => `${of.platform} ${of.arch}`;
  const python = ({ python: of }: Environment): string => `${of.implementation} ${of.version}`;
  const all = [
    ...unlike({ kind: 'python', name: 'Python' }, python(recorded), python(present)),
    ...packages(recorded, present),
    ...model(recorded, present),
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
