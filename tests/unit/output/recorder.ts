import { createEmitterFactory } from '../../../kernel/output/emitter.ts';
import { Comms } from '../../../kernel/output/widgets/comms.ts';
import type { CellEmitter, EmitterFactory, IopubMessage } from '../../../kernel/output/contract.ts';
import type { CellEvent, CellSummary, HelperBlock, TurnRecord } from '../../../kernel/loop/events.ts';
import type { WorkerOutput } from '../../../kernel/sandbox/contract.ts';
import type { ToolResult } from '../../../kernel/tools/contract.ts';

export const secret = 'gsk_Zx9+"quoted"/77';
export const usage = { inputTokens: 412, outputTokens: 96, cachedTokens: 0, estimated: false };
export const block: HelperBlock = { lang: 'python', code: 'print(1)', hash: 'a'.repeat(64) };

export const record = (overrides: Partial<TurnRecord> = {}): TurnRecord => ({
  version: 1,
  key: 'b'.repeat(64),
  provider: 'ollama',
  model: 'qwen2.5-coder:7b',
  params: { temperature: 0, maxTokens: 1024, stop: ['</helpers>'] },
  text: 'Hello.',
  usage,
  stop: 'stop',
  final: false,
  ...overrides,
});

export const summary = (overrides: Partial<CellSummary> = {}): CellSummary => ({
  turns: [{ turn: 1, model: 'qwen2.5-coder:7b', usage, durationMs: 1900 }],
  helpers: 0,
  durationMs: 2000,
  usage,
  stop: 'final',
  ...overrides,
});

interface Content {
  readonly data: Record<string, unknown>;
  readonly metadata: { readonly replique?: Record<string, unknown> };
  readonly transient: { readonly display_id?: string };
  readonly name: string;
  readonly text: string;
  readonly [key: string]: unknown;
}

interface Published {
  readonly msg_type: IopubMessage['msg_type'];
  readonly content: Content;
}

export interface Recorder {
  readonly messages: Published[];
  readonly emitter: CellEmitter;
  emit(...events: CellEvent[]): void;
  /** What a helper emits between its start and its end. */
  helper(outputs: readonly WorkerOutput[], result?: Partial<ToolResult>): void;
  /** What a code cell emits, then the flush before the reply. */
  code(...outputs: WorkerOutput[]): void;
  types(): string[];
  /** The cell's outputs as a notebook keeps them: updates in place, streams joined. */
  outputs(): Published[];
  /** Everything published, as it goes over the wire. */
  wire(): string;
}

export const factory = (): EmitterFactory =>
  createEmitterFactory({
    secrets: [secret, 'short'],
    comms: new Comms([secret, 'short']),
    onRefused: () => undefined,
  });

export function recordCell(
  make: EmitterFactory = factory(),
  executionCount = 3,
  form: 'document' | 'lines' = 'document',
): Recorder {
  const messages: Published[] = [];
  const emitter = make({
    form,
    executionCount,
    sessionId: 'session',
    requestId: 'request',
    publish: (message) => messages.push(structuredClone(message) as unknown as Published),
  });
  const emit = (...events: CellEvent[]): void => {
    for (const event of events) emitter.emit(event);
  };
  return {
    messages,
    emitter,
    emit,
    helper: (outputs, result = {}) => {
      const place = { turn: 1, helper: 1 };
      emit({ type: 'helper-start', ...place, block });
      emit(...outputs.map((output) => ({ type: 'helper-output', ...place, output }) as const));
      const whole: ToolResult = { status: 'ok', durationMs: 5, ...result };
      emit({ type: 'helper-end', ...place, block, result: whole, forModel: '' });
    },
    code: (...outputs) => {
      emit(...outputs.map((output) => ({ type: 'output', output }) as const));
      emitter.flush();
    },
    types: () => messages.map((message) => message.msg_type),
    outputs: () => kept(messages),
    wire: () => JSON.stringify(messages),
  };
}

function kept(messages: readonly Published[]): Published[] {
  const outputs: Published[] = [];
  for (const message of messages) {
    const { msg_type: type, content } = message;
    const last = outputs.at(-1);
    if (type === 'update_display_data') {
      const at = outputs.findIndex((o) => o.content.transient.display_id === content.transient.display_id);
      if (at >= 0) outputs[at] = { msg_type: 'display_data', content };
    } else if (type === 'stream' && last?.msg_type === 'stream' && last.content.name === content.name) {
      outputs[outputs.length - 1] = {
        msg_type: 'stream',
        content: { ...content, text: last.content.text + content.text },
      };
    } else if (type === 'clear_output') outputs.length = 0;
    else outputs.push(message);
  }
  return outputs;
}
