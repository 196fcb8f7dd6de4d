import type { SessionWorker } from '../sandbox/session-worker.ts';
import type { ToolPlugin } from './contract.ts';
import type { Kernelspec } from './kernelspecs/find.ts';

/**
 * A language that an installed Jupyter kernel runs, in a sandbox of its own beside Python's: the same files, but no
 * variables in common. Nothing knows its syntax before it runs.
 * @param aliases other names of it in a helper block
 */
function createKernelspecTool(
  worker: SessionWorker,
  { name, language }: Pick<Kernelspec, 'name' | 'language'>,
  aliases: readonly string[],
): ToolPlugin {
  return {
    name,
    aliases,
    execute: (code, context) => worker.execute({ code, language: name, ...context }),
    getCapabilities: () => ({
      description: `${language} in a process of its own: variables stay between its blocks, and are not Python's.`,
      stateful: true,
      highlight: language.toLowerCase(),
    }),
    validateCode: (code) =>
      Promise.resolve(code.trim() === '' ? { ok: false, problem: 'There is no code in it.' } : { ok: true }),
  };
}

/** The tools for kernelspecs, without those whose name another tool has. A language's name goes to the first that speaks it. */
export function kernelspecTools(
  worker: SessionWorker,
  kernelspecs: readonly Kernelspec[],
  others: readonly ToolPlugin[],
): readonly ToolPlugin[] {
  const taken = new Set(others.flatMap(({ name, aliases }) => [name, ...aliases]));
  const claim = (name: string): boolean =>
    !taken.has(name.toLowerCase()) && Boolean(taken.add(name.toLowerCase()));
  return kernelspecs
    .filter(({ name }) => claim(name))
    .map((spec) => createKernelspecTool(worker, spec, claim(spec.language) ? [spec.language] : []));
}
