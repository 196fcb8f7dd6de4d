import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KernelProgram } from '../../kernel/sandbox/contract.ts';
import { findKernelspecs } from '../../kernel/tools/kernelspecs/find.ts';
import { programOf } from '../../kernel/tools/kernelspecs/program.ts';
import { testPython } from './python.ts';

const environment = dirname(dirname(testPython()));

/** Writes a kernelspec into `directory`, which is one of those that JUPYTER_PATH can name. */
export function installKernelspec(directory: string, name: string, spec: object): void {
  const place = join(directory, 'kernels', name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'kernel.json'), JSON.stringify(spec));
}

/** Deno's own kernel, as `deno jupyter --install` describes it. */
export const deno = {
  argv: [join(environment, 'bin', 'deno'), 'jupyter', '--kernel', '--conn', '{connection_file}'],
  display_name: 'Deno',
  language: 'typescript',
};

/** Calysto Scheme: ipykernel's wire, libzmq's sockets. Its package brings the kernelspec. */
export const scheme = 'calysto_scheme';

/** A kernel of the tests' own environment, or one described here, as a sandbox runs it. */
export function programFor(name: string, spec?: typeof deno): KernelProgram {
  if (spec !== undefined) {
    const [executable = '', ...rest] = spec.argv;
    const folders = [environment];
    return { name, argv: [executable, ...rest], env: {}, interruptMode: 'signal', folders };
  }
  return programOf(findKernelspecs('/nowhere', [environment]), name, {
    workspace: '/nowhere',
    mayShow: () => true,
  });
}

/** What claims to be a kernel and is a Python program: it finds the connection file in `connection`. */
export function impostor(source: string): KernelProgram {
  const program = `import json, os, socket, sys, time\nconnection = json.load(open(sys.argv[1]))\n${source}`;
  return {
    name: 'impostor',
    argv: ['/usr/bin/env', 'python3', '-c', program, '{connection_file}'],
    env: {},
    interruptMode: 'signal',
    folders: [],
  };
}
