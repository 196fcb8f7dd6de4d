/** The JSON encoding of OTLP: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
import { wellFormed } from '../../../kernel/output/firewall/stream.ts';

/** A value of an attribute; `double` is a number that is no whole one by its meaning, whatever its value. */
type Value = string | number | readonly string[] | { readonly double: number };

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly object[];
  readonly status: object;
}

/** Kinds of spans, as OTLP numbers them. */
export const kinds = { internal: 1, client: 3 } as const;

export const double = (value: number | undefined): Value | undefined =>
  value === undefined ? undefined : { double: value };

/** Attributes without those that have no value. */
export function encoded(attributes: Readonly<Record<string, Value | undefined>>): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: valueOf(value) }],
  );
}

function valueOf(value: Value): object {
  if (typeof value === 'string') return { stringValue: wellFormed(value) };
  if (typeof value === 'number') return { intValue: String(value) };
  if ('double' in value) return { doubleValue: value.double };
  return { arrayValue: { values: value.map(valueOf) } };
}

/** A span's status: unset, or an error. */
export const statusOf = (message: string | undefined): object =>
  message === undefined ? {} : { code: 2, message };

/** Milliseconds since 1970 as OTLP has times: nanoseconds in a string. */
export function times(start: number, length: number) {
  const nanoseconds = (ms: number) => String(BigInt(Math.round(ms * 1000)) * 1000n);
  return { startTimeUnixNano: nanoseconds(start), endTimeUnixNano: nanoseconds(start + length) };
}
