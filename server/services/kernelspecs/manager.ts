import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import {
  kernelJson,
  kernelspecNames,
  kernelspecPlaces,
  onPath,
  readKernelJson,
} from '../../../kernel/kernelspecs.ts';

const schema = kernelJson.extend({
  language: z.string().max(200).default(''),
  metadata: z.record(z.string(), z.unknown()).default({}),
  kernel_protocol_version: z.string().max(100).default(''),
});

type KernelJson = z.infer<typeof schema>;

/** An installed kernel. */
export interface Kernelspec {
  readonly name: string;
  readonly spec: KernelJson;
  /** The directory of kernel.json and of its logos. */
  readonly directory: string;
  /** Names of the files that front ends may show or load. */
  readonly resources: readonly string[];
}

const longestName = 100;
const mostKernelspecs = 500;

/** How long what was found counts: a menu asks for it again and again. */
const freshMs = 1000;

/** Our kernel as it is in this program, installed or not. */
export interface BuiltIn {
  readonly kernelspec: Kernelspec;
  /** Whether it goes before one that is installed. */
  readonly isPreferred: boolean;
}

/** Finds the installed kernels. */
export class KernelspecManager {
  readonly #builtIn: BuiltIn | undefined;
  readonly #prefixes: readonly string[];
  #found: ReadonlyMap<string, Kernelspec> = new Map();
  #foundAt = -Infinity;

  /**
   * @param prefixes of Python installations, besides those that the environment names
   * @param builtIn our own
   */
  constructor(prefixes: readonly string[], builtIn?: BuiltIn) {
    this.#prefixes = prefixes;
    this.#builtIn = builtIn;
  }

  /** By name; ours first. Of one name the first counts, in the order in which Jupyter looks for them. */
  all(): ReadonlyMap<string, Kernelspec> {
    if (performance.now() - this.#foundAt > freshMs) {
      this.#found = this.#find();
      this.#foundAt = performance.now();
    }
    return this.#found;
  }

  get(name: string): Kernelspec | undefined {
    return this.all().get(name.toLowerCase());
  }

  /** The kernel that is started where none is named. */
  defaultName(): string {
    const [first] = this.all().keys();
    return first ?? 'python3';
  }

  #find(): ReadonlyMap<string, Kernelspec> {
    const found = new Map<string, Kernelspec>();
    const prefixes = [...this.#prefixes, ...jupyterOnPath()];
    for (const place of kernelspecPlaces(prefixes)) {
      for (const name of kernelspecNames(place, longestName)) {
        const key = name.toLowerCase();
        const spec = found.has(key) || found.size === mostKernelspecs ? undefined : read(place, name);
        if (spec !== undefined) found.set(key, spec);
      }
    }
    const installed = found.get('replique');
    const { kernelspec, isPreferred = false } = this.#builtIn ?? {};
    const ours = installed && isWhole(installed) && !isPreferred ? installed : kernelspec;
    if (ours === undefined) return found;
    found.delete('replique');
    return new Map([['replique', ours], ...found]);
  }
}

/** `undefined` where there is none, or none that can be used. */
function read(place: string, name: string): Kernelspec | undefined {
  try {
    const directory = join(place, name);
    return describeSpec(name.toLowerCase(), directory, join(directory, 'kernel.json'));
  } catch {
    return undefined;
  }
}

/** @throws Error where the file is no kernel.json */
export function describeSpec(name: string, directory: string, file: string): Kernelspec {
  const resources = readdirSync(directory).filter((entry) => /^(?:kernel\.(?:js|css)|logo-.*)$/.test(entry));
  return { name, spec: readKernelJson(file, schema), directory: realpathSync(directory), resources };
}

/** Whether the files that it names are there: one of another Replique may have outlived that. */
export const isWhole = ({ spec }: Kernelspec): boolean =>
  spec.argv.filter((part) => isAbsolute(part)).every((part) => existsSync(part));

/** The installation whose `jupyter` a shell would start. */
function jupyterOnPath(): readonly string[] {
  const program = onPath('jupyter');
  return program === undefined ? [] : [dirname(dirname(program))];
}
