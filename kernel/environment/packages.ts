import { z } from 'zod';
import { keepAnswer, knownAnswer } from '../sandbox/python-cache.ts';
import { runQuestion } from '../sandbox/python.ts';
import { mostPackages, normalized, packageName, packageVersion, type PythonEnvironment } from './schema.ts';

/** Characters of names and versions that a record holds at most. */
const mostCharacters = 40_000;
/** Packages that an interpreter is asked for at most. */
const mostAsked = 5000;

/** What installs the others: `pip freeze` leaves it out, too. */
const installers: readonly string[] = ['pip', 'setuptools', 'wheel'];

/** It gives way to the cell that runs. Of two packages of one name the first on the path is imported. */
const question = `
import os
if hasattr(os, "nice"):
    os.nice(10)
import importlib.metadata, json, platform, sys
packages, elsewhere, more = {}, [], 0
for found in importlib.metadata.distributions():
    try:
        name, version = str(found.metadata["Name"])[:200], str(found.version)[:200]
        if name in packages:
            continue
        if len(packages) == ${mostAsked}:
            more += 1
            continue
        packages[name] = version
        if found.read_text("direct_url.json") is not None:
            elsewhere.append(name)
    except Exception:
        more += 1
print(json.dumps({
    "version": platform.python_version(), "implementation": platform.python_implementation(),
    "packages": packages, "elsewhere": elsewhere, "more": more,
    "directories": [path for path in sys.path if os.path.isdir(path)][:100],
}))`;

const answer = z.strictObject({
  version: z.string(),
  implementation: z.string(),
  packages: z.record(z.string(), z.string()),
  elsewhere: z.array(z.string()),
  more: z.int().nonnegative(),
  directories: z.array(z.string().max(4096).startsWith('/')).max(100),
});
type Answer = z.infer<typeof answer>;

const topic = 'packages';

/**
 * An interpreter's version and what is installed for it, by `importlib.metadata`. It is asked once as long as the
 * directories of its packages are the same.
 * @param executable absolute path
 * @throws Error where it can't be asked, or does not answer as a Python does
 */
export async function pythonEnvironment(executable: string): Promise<PythonEnvironment> {
  const asked = { executable, topic };
  const proofs = ({ directories }: Answer): readonly string[] => directories;
  const known = knownAnswer(asked, answer, proofs);
  if (known !== undefined) return described(known);
  const given = answer.parse(JSON.parse(await runQuestion(executable, question)));
  keepAnswer(asked, given, proofs(given));
  return described(given);
}

function described({ version, implementation, packages, elsewhere, more }: Answer): PythonEnvironment {
  const named = new Map<string, string>();
  const fromElsewhere = new Set(elsewhere.map(normalized));
  let leftOut = more;
  let characters = 0;
  const given = Object.entries(packages).map(([name, found]) => [normalized(name), found] as const);
  for (const [key, itsVersion] of given.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (named.has(key) || installers.includes(key)) continue;
    characters += key.length + itsVersion.length;
    const isFit = packageName.safeParse(key).success && packageVersion.safeParse(itsVersion).success;
    if (isFit && named.size < mostPackages && characters <= mostCharacters) named.set(key, itsVersion);
    else leftOut += 1;
  }
  const others = [...named.keys()].filter((name) => fromElsewhere.has(name));
  return {
    ...{ version, implementation, packages: Object.fromEntries(named) },
    ...(others.length > 0 && { elsewhere: others }),
    ...(leftOut > 0 && { leftOut }),
  };
}
