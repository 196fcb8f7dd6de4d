/**
 * OpenTelemetry spans in the JSON encoding of OTLP, named as the conventions for generative AI name them:
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding,
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { version } from '../../../package.json';
import type { SessionCell, Turn } from '../notebook/session.ts';
import { sessionOf } from '../notebook/session.ts';
import type { Format } from './contract.ts';
import { double, encoded, kinds, statusOf, times } from './otlp.ts';
import type { Span } from './otlp.ts';

/** A span for each prompt, below it one for each turn and each run of a helper. */
export const trace: Format = {
  write: ({ path, notebook }) => {
    const cells = sessionOf(notebook).filter(({ turns }) => turns.length > 0);
    const traceId = hash(32, 'trace', ...cells.flatMap((cell) => [cell.source, ...cell.turns.map(keyOf)]));
    let clock = 0;
    const spans = cells.flatMap((cell) => {
      const start = Math.max(clock, cell.began ?? clock);
      const of = spansOf(cell, traceId, start);
      clock = start + lengthOf(cell);
      return of;
    });
    const resource = {
      'service.name': 'replique',
      'service.version': version,
      'replique.notebook': basename(path),
    };
    const scopeSpans = [{ scope: { name: 'replique', version }, spans }];
    const content = { resourceSpans: [{ resource: { attributes: encoded(resource) }, scopeSpans }] };
    return `${JSON.stringify(content, null, 2)}\n`;
  },
};

/** Hexadecimal digits that depend on nothing but what is given. */
function hash(digits: number, ...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, digits);
}

const keyOf = ({ data, number }: Turn): string => data.key ?? hash(64, number, data.model, data.text);

const lengthOf = ({ durationMs, turns }: SessionCell): number =>
  Math.max(
    durationMs,
    turns.reduce((sum, turn) => sum + turn.durationMs + (turn.helper?.durationMs ?? 0), 0),
  );

function spansOf(cell: SessionCell, traceId: string, start: number): Span[] {
  const parentSpanId = hash(16, traceId, cell.index);
  const last = cell.turns.at(-1);
  const sum = (of: (turn: Turn) => number | undefined) =>
    cell.turns.reduce((total, turn) => total + (of(turn) ?? 0), 0);
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': 'replique',
    'gen_ai.provider.name': last?.data.provider,
    'gen_ai.request.model': last?.data.model,
    'gen_ai.conversation.id': traceId,
    'gen_ai.usage.input_tokens': sum(({ data }) => data.usage?.inputTokens),
    'gen_ai.usage.output_tokens': sum(({ data }) => data.usage?.outputTokens),
    'gen_ai.input.messages': JSON.stringify([
      { role: 'user', parts: [{ type: 'text', content: cell.source }] },
    ]),
    'error.type': cell.error?.ename,
    'replique.cell.index': cell.index,
    'replique.cell.id': cell.id,
    'replique.cell.execution_count': cell.count,
  };
  const whole = {
    traceId,
    spanId: parentSpanId,
    name: 'invoke_agent replique',
    kind: kinds.internal,
    ...times(start, lengthOf(cell)),
    attributes: encoded(attributes),
    status: statusOf(cell.error?.evalue),
  };
  let at = start;
  const children = cell.turns.flatMap((turn) => {
    const turnSpan = chatSpan(turn, { traceId, parentSpanId, start: at });
    at += turn.durationMs;
    if (!turn.helper) return [turnSpan];
    const tool = toolSpan(turn, turn.helper, { traceId, parentSpanId, start: at });
    at += turn.helper.durationMs;
    return [turnSpan, tool];
  });
  return [whole, ...children];
}

interface Place {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly start: number;
}

function chatSpan(turn: Turn, { traceId, parentSpanId, start }: Place): Span {
  const { data } = turn;
  const isBroken = data.stop === 'error' || data.stop === 'aborted';
  const finish = finishReason(data.stop);
  const message = { role: 'assistant', parts: [{ type: 'text', content: data.text }], finish_reason: finish };
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': data.provider,
    'gen_ai.request.model': data.model,
    'gen_ai.response.model': data.model,
    'gen_ai.request.temperature': double(data.params?.temperature),
    'gen_ai.request.max_tokens': data.params?.maxTokens,
    'gen_ai.request.stop_sequences': data.params?.stop,
    'gen_ai.response.finish_reasons': finish === undefined ? undefined : [finish],
    'gen_ai.usage.input_tokens': data.usage?.inputTokens,
    'gen_ai.usage.output_tokens': data.usage?.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': data.usage?.cachedTokens,
    'gen_ai.output.messages': JSON.stringify([message]),
    'error.type': isBroken ? data.stop : undefined,
    'replique.turn': turn.number,
    'replique.cost': double(data.cost),
  };
  return {
    traceId,
    spanId: hash(16, parentSpanId, turn.number, 'chat', keyOf(turn)),
    parentSpanId,
    name: `chat ${data.model}`,
    kind: kinds.client,
    ...times(start, turn.durationMs),
    attributes: encoded(attributes),
    status: statusOf(isBroken ? 'The turn broke off.' : undefined),
  };
}

function toolSpan(
  turn: Turn,
  helper: NonNullable<Turn['helper']>,
  { traceId, parentSpanId, start }: Place,
): Span {
  const spanId = hash(16, parentSpanId, turn.number, 'tool', keyOf(turn));
  const isFailed = helper.status !== 'ok';
  const attributes = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': helper.lang,
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.call.id': spanId,
    'gen_ai.tool.call.arguments': JSON.stringify({ code: helper.code }),
    'gen_ai.tool.call.result': helper.text,
    'error.type': isFailed ? (helper.ename ?? helper.status) : undefined,
    'replique.turn': turn.number,
  };
  return {
    traceId,
    spanId,
    parentSpanId,
    name: `execute_tool ${helper.lang}`,
    kind: kinds.internal,
    ...times(start, helper.durationMs),
    attributes: encoded(attributes),
    status: statusOf(isFailed ? `The helper ended with ${helper.status}.` : undefined),
  };
}

const finishReason = (stop: string | undefined): string | undefined =>
  stop === 'filtered' ? 'content_filter' : stop === 'aborted' ? 'error' : stop;
