import { ContinuationManager } from '../../../kernel/loop/continuation-manager.ts';
import type { CellSummary, LoopEvent } from '../../../kernel/loop/events.ts';
import type { ContinuationStep, ManagerOptions } from '../../../kernel/loop/options.ts';
import { ScriptedProvider } from '../../support/scripted-provider.ts';
import type { ScriptedReply } from '../../support/scripted-provider.ts';
import { registryOf, ScriptedTool } from '../../support/scripted-tool.ts';
import type { ScriptedRun } from '../../support/scripted-tool.ts';

export const helper = (code: string, prose = ''): string =>
  `${prose}<helpers lang="python">\n${code}\n</helpers>`;

export interface CellResult {
  readonly steps: readonly ContinuationStep[];
  readonly events: readonly LoopEvent[];
  readonly stop: Extract<LoopEvent, { type: 'stop' }>;
  readonly summary: CellSummary | undefined;
}

/** A session with a scripted model and tool. */
export function session(
  replies: readonly (ScriptedReply | string)[],
  runs: readonly ScriptedRun[] = [],
  options: Partial<ManagerOptions> = {},
) {
  const provider = new ScriptedProvider(replies);
  const tool = new ScriptedTool(runs);
  const manager = new ContinuationManager({
    provider,
    model: 'scripted',
    tools: registryOf(tool, new ScriptedTool([], 'bash')),
    params: { temperature: 0, maxTokens: 500 },
    maxTurns: 8,
    helperTimeoutMs: 10_000,
    ...options,
  });
  const cell = async (
    prompt = 'How many?',
    signal?: AbortSignal,
    onEvent?: (event: LoopEvent) => void,
  ): Promise<CellResult> => {
    const events: LoopEvent[] = [];
    const steps: ContinuationStep[] = [];
    const run = manager.processWithContinuation(prompt, {
      ...(signal ? { signal } : {}),
      emit: (event) => {
        events.push(event);
        onEvent?.(event);
      },
    });
    let next = await run.next();
    for (; next.done !== true; next = await run.next()) steps.push(next.value);
    const stops = events.filter((event) => event.type === 'stop');
    if (stops.length !== 1 || events.at(-1) !== stops[0])
      throw new Error('Not exactly one stop, at the end.');
    return { steps, events, stop: stops[0]!, summary: next.value };
  };
  /** What the last call was sent, without the system message. */
  const lastRequest = () => provider.requests.at(-1)!.messages.slice(1);
  return { provider, tool, manager, cell, lastRequest };
}

/** Event types in order, neighbours of the same type taken together. */
export function shape(events: readonly LoopEvent[]): string {
  const types = events.map(({ type }) => type);
  return types.filter((type, at) => type !== types[at - 1]).join(' ');
}

export function textOf(events: readonly LoopEvent[], type: 'prose' | 'code'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}

export function noticesOf(events: readonly LoopEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
}
