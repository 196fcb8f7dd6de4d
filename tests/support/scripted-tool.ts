import type { ToolRegistry } from '../../kernel/loop/options.ts';
import type { WorkerOutput } from '../../kernel/sandbox/contract.ts';
import type { ToolContext, ToolPlugin, ToolResult, Validation } from '../../kernel/tools/contract.ts';

export interface ScriptedRun {
  readonly outputs?: readonly WorkerOutput[];
  readonly result?: Partial<ToolResult>;
  readonly refuse?: string;
  readonly throws?: Error;
  /** Called when the code runs; what it returns is waited for. */
  readonly during?: (context: ToolContext) => Promise<unknown>;
}

/** A test double for a tool: each execution takes the next run of the script; without one it prints `ok`. */
export class ScriptedTool implements ToolPlugin {
  readonly name: string;
  readonly aliases: readonly string[] = [];
  readonly ran: string[] = [];
  readonly timeouts: number[] = [];
  readonly #runs: ScriptedRun[];

  constructor(runs: readonly ScriptedRun[] = [], name = 'python') {
    this.name = name;
    this.#runs = [...runs];
  }

  validateCode(): Promise<Validation> {
    const problem = this.#runs[0]?.refuse;
    if (problem === undefined) return Promise.resolve({ ok: true });
    this.#runs.shift();
    return Promise.resolve({ ok: false, problem });
  }

  async execute(code: string, context: ToolContext): Promise<ToolResult> {
    this.ran.push(code);
    this.timeouts.push(context.timeoutMs);
    const run = this.#runs.shift() ?? { outputs: [stdout('ok\n')] };
    for (const output of run.outputs ?? []) context.onOutput(output);
    await run.during?.(context);
    if (run.throws) throw run.throws;
    return { status: 'ok', durationMs: 1, ...run.result };
  }

  getCapabilities(): { description: string; stateful: boolean } {
    return { description: `runs ${this.name}`, stateful: true };
  }
}

export function stdout(text: string): WorkerOutput {
  return { kind: 'stream', name: 'stdout', text };
}

export function registryOf(...tools: readonly ToolPlugin[]): ToolRegistry {
  return {
    get: (name) => tools.find((tool) => tool.name === name || tool.aliases.includes(name)),
    names: () => tools.map((tool) => tool.name),
  };
}
