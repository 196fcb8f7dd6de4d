import { z } from 'zod';
import type { Message } from '../kernel/protocol/header.ts';

const bundle = z.record(z.string(), z.unknown());
const transient = z.looseObject({ display_id: z.string().optional() }).optional();

const contents = {
  stream: z.object({ name: z.enum(['stdout', 'stderr']), text: z.string() }),
  display_data: z.object({ data: bundle, metadata: bundle, transient }),
  update_display_data: z.object({ data: bundle, metadata: bundle, transient }),
  execute_result: z.object({ data: bundle, metadata: bundle, execution_count: z.int() }),
  error: z.object({ ename: z.string(), evalue: z.string(), traceback: z.array(z.string()) }),
  clear_output: z.object({ wait: z.boolean().default(false) }),
};

/** A message that changes a cell's outputs, checked. */
export type OutputMessage = {
  [T in keyof typeof contents]: { readonly type: T; readonly content: z.infer<(typeof contents)[T]> };
}[keyof typeof contents];

/** Whether messages of this type change a cell's outputs. */
export const isOutputType = (type: string): type is OutputMessage['type'] => Object.hasOwn(contents, type);

/** Reads an iopub message; undefined where it does not concern the outputs. */
export function outputMessage({
  header: { msg_type: type },
  content,
}: {
  readonly header: Pick<Message['header'], 'msg_type'>;
  readonly content: unknown;
}): OutputMessage | undefined {
  if (!isOutputType(type)) return undefined;
  const parsed = contents[type].safeParse(content);
  return parsed.success ? ({ type, content: parsed.data } as OutputMessage) : undefined;
}

type Bundle = Record<string, unknown>;

/** One output as nbformat 4 names it. */
export type Output =
  | { output_type: 'stream'; name: 'stdout' | 'stderr'; text: string }
  | { output_type: 'display_data'; data: Bundle; metadata: Bundle }
  | { output_type: 'execute_result'; data: Bundle; metadata: Bundle; execution_count: number }
  | { output_type: 'error'; ename: string; evalue: string; traceback: string[] };

type Display = Extract<Output, { output_type: 'display_data' }>;

/** The displays of a notebook by their id: an update reaches them in whichever cell they are. */
export type Displays = Map<string, Display[]>;

/** The outputs of one cell, as the messages make them (what Jupyter's own clients do). */
export class CellOutputs {
  readonly #displays: Displays;
  readonly outputs: Output[];
  #clearOnNext: boolean;

  /** @param before what there is already */
  constructor(displays: Displays, before: { outputs?: Output[]; clearsOnNext?: boolean } = {}) {
    this.#displays = displays;
    this.outputs = before.outputs ?? [];
    this.#clearOnNext = before.clearsOnNext ?? false;
  }

  /** Whether what there is goes when more comes. */
  get clearsOnNext(): boolean {
    return this.#clearOnNext;
  }

  apply(message: OutputMessage): void {
    if (message.type === 'update_display_data') {
      const { data, metadata } = message.content;
      for (const display of this.#displays.get(message.content.transient?.display_id ?? '') ?? []) {
        Object.assign(display, { data, metadata });
      }
      return;
    }
    if (message.type === 'clear_output') {
      if (message.content.wait) this.#clearOnNext = true;
      else this.outputs.length = 0;
      return;
    }
    if (this.#clearOnNext) this.outputs.length = 0;
    this.#clearOnNext = false;
    this.#add(message);
  }

  #add(message: Exclude<OutputMessage, { type: 'update_display_data' | 'clear_output' }>): void {
    if (message.type === 'stream') {
      const last = this.outputs.at(-1);
      const { name, text } = message.content;
      if (last?.output_type === 'stream' && last.name === name) last.text += text;
      else this.outputs.push({ output_type: 'stream', name, text });
    } else if (message.type === 'display_data') {
      const { data, metadata } = message.content;
      const display: Display = { output_type: 'display_data', data, metadata };
      this.outputs.push(display);
      const id = message.content.transient?.display_id;
      if (id !== undefined) this.#displays.set(id, [...(this.#displays.get(id) ?? []), display]);
    } else if (message.type === 'execute_result') {
      this.outputs.push({ output_type: 'execute_result', ...message.content });
    } else {
      this.outputs.push({ output_type: 'error', ...message.content });
    }
  }
}
