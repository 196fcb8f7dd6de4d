import type { HelperBlock } from '../loop/events.ts';
import { runHelper, type Around } from '../loop/helper.ts';
import type { ProcessOptions, ToolRegistry } from '../loop/options.ts';
import type { CellEmitter, EmitterFactory } from '../output/contract.ts';
import type { ExecuteOptions, ExecuteOutcome } from '../sandbox/contract.ts';
import { OutputCollector } from './collect.ts';
import type { NotebookOutput } from './notebook.ts';

export interface RerunOptions {
  readonly tools: ToolRegistry;
  readonly createEmitter: EmitterFactory;
  readonly helperTimeoutMs: number;
}

interface AgainOptions extends Pick<ProcessOptions, 'signal' | 'onInput'> {
  readonly around?: Around | undefined;
}

/** Runs recorded code again and shows its outputs to nobody: they are collected as a notebook would keep them. */
export class Rerun {
  readonly #o: RerunOptions;
  #count = 0;

  constructor(options: RerunOptions) {
    this.#o = options;
  }

  /** @throws RepliqueError where the sandbox is not available */
  async helper(
    block: HelperBlock,
    place: { readonly turn: number; readonly helper: number },
    { signal = new AbortController().signal, onInput, around }: AgainOptions,
  ): Promise<readonly NotebookOutput[]> {
    const { tools, helperTimeoutMs } = this.#o;
    const tool = tools.get(block.lang);
    if (tool === undefined) return [missingLanguage(block.lang)];
    const { emitter, outputs } = this.#collecting();
    emitter.emit({ type: 'helper-start', ...place, block });
    const result = await runHelper({
      ...{ tool, code: block.code, signal, onInput, around },
      timeoutMs: Math.min(block.timeoutMs ?? Infinity, helperTimeoutMs),
      origin: { kind: 'helper', ...place },
      now: () => performance.now(),
      onOutput: (output) => emitter.emit({ type: 'helper-output', ...place, output }),
    });
    emitter.emit({ type: 'helper-end', ...place, block, result, forModel: '' });
    emitter.flush();
    return outputs();
  }

  /** The user's own code, run by `execute`. */
  async code(
    run: ExecuteOptions,
    execute: (run: ExecuteOptions) => Promise<ExecuteOutcome>,
  ): Promise<{ readonly outputs: readonly NotebookOutput[]; readonly outcome: ExecuteOutcome }> {
    const { emitter, outputs } = this.#collecting();
    const outcome = await execute({
      ...run,
      onOutput: (output) => {
        if (output.kind !== 'error') emitter.emit({ type: 'output', output });
      },
    });
    if (outcome.error) emitter.emit({ type: 'output', output: { kind: 'error', error: outcome.error } });
    emitter.flush();
    return { outputs: outputs(), outcome };
  }

  #collecting(): { readonly emitter: CellEmitter; readonly outputs: () => readonly NotebookOutput[] } {
    this.#count += 1;
    const collector = new OutputCollector();
    const emitter = this.#o.createEmitter({
      ...{ form: 'document', executionCount: 0, sessionId: 'verify', requestId: `verify-${this.#count}` },
      publish: (message) => collector.add(message),
    });
    return { emitter, outputs: () => collector.outputs.filter((output) => !isOurs(output)) };
  }
}

/** Notices are ours, and say what is said beside. */
export function isOurs(output: NotebookOutput): boolean {
  if (output.output_type !== 'display_data') return false;
  const own = output.metadata['replique'] as { kind?: unknown } | null | undefined;
  return own?.kind === 'notice' || own?.kind === 'divergence';
}

function missingLanguage(lang: string): NotebookOutput {
  const evalue = `No kernel for ${lang} is installed here.`;
  return { output_type: 'error', ename: 'KernelMissing', evalue, traceback: [evalue] };
}
