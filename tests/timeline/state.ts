import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';

/** Prints all that a person could see of Python's memory, a name a line of JSON. */
const look = `
def __look():
    import json, sys
    shell = get_ipython()
    names = {n: v for n, v in shell.user_ns.items() if not n.startswith('_') and n not in shell.user_ns_hidden}
    def told(value, depth=0):
        if depth > 4:
            return '...'
        if isinstance(value, (list, tuple)):
            return [type(value).__name__] + [told(each, depth + 1) for each in value]
        if isinstance(value, dict):
            return {repr(k): told(v, depth + 1) for k, v in value.items()}
        if isinstance(value, np.ndarray):
            return ['array', str(value.dtype), value.tolist()]
        if isinstance(value, plt.Figure):
            return ['figure', [[line.get_ydata().tolist() for line in axis.lines] for axis in value.axes]]
        if callable(value):
            return ['code', getattr(value, '__name__', ''), told(getattr(value, '__defaults__', None), depth + 1)]
        if type(value).__module__ == 'builtins' and type(value).__name__ != 'module':
            return repr(value)
        return [type(value).__name__, getattr(value, '__name__', '')]
    same = {}
    for n, v in sorted(names.items()):
        if isinstance(v, (list, dict, np.ndarray)):
            same.setdefault(id(v), []).append(n)
    seen = {n: told(v) for n, v in names.items()}
    seen['(aliases)'] = sorted(same.values())
    seen['(figures)'] = [told(plt.figure(n)) for n in plt.get_fignums()]
    seen['(random)'] = hash(random.getstate())
    seen['(numpy random)'] = np.random.get_state()[1].tolist()[:5] + [int(np.random.get_state()[2])]
    seen['(results)'] = {str(k): told(v) for k, v in shell.user_ns['Out'].items()}
    seen['(directory)'] = os.listdir('.') == os.listdir(os.getcwd())
    print(json.dumps(seen, sort_keys=True, default=repr))
__look()
`;

export type State = Readonly<Record<string, string>>;

/** What stands in memory and in the workspace. */
export async function stateOf(worker: SessionWorker, workspace: string): Promise<State> {
  let text = '';
  const outcome = await worker.execute({
    ...{ code: look, language: 'python', silent: true, storeHistory: false, timeoutMs: 30_000 },
    signal: new AbortController().signal,
    onOutput: (output) => {
      if (output.kind === 'stream') text += output.text;
    },
  });
  if (outcome.status !== 'ok') throw new Error(`Python can't be looked at: ${JSON.stringify(outcome.error)}`);
  const memory = JSON.parse(text) as Record<string, unknown>;
  return {
    ...Object.fromEntries(Object.entries(memory).map(([name, value]) => [name, JSON.stringify(value)])),
    ...Object.fromEntries(filesOf(workspace, '').map(([path, what]) => [`file ${path}`, what])),
  };
}

function filesOf(workspace: string, below: string): readonly (readonly [string, string])[] {
  return readdirSync(join(workspace, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    const full = join(workspace, path);
    if (entry.isSymbolicLink()) return [[path, `link to ${readlinkSync(full)}`] as const];
    const mode = (lstatSync(full).mode & 0o777).toString(8);
    if (entry.isDirectory()) return [[path, `directory ${mode}`] as const, ...filesOf(workspace, path)];
    return [[path, `${mode} ${readFileSync(full, 'hex')}`] as const];
  });
}

/** What differs, a line each. */
export function differences(found: State, expected: State): readonly string[] {
  return [...new Set([...Object.keys(found), ...Object.keys(expected)])]
    .filter((name) => found[name] !== expected[name])
    .map((name) => `${name}: ${short(found[name])} for ${short(expected[name])}`);
}

const short = (text: string | undefined): string => (text ?? 'nothing').slice(0, 200);
