import { elementsOf, propertiesOf, valueAt } from './spans.ts';

/** How a JSON text is laid out. */
export interface Layout {
  /** One level of indentation. */
  readonly indent: string;
  readonly newline: string;
}

/** The layout that Jupyter gives a notebook. */
const jupyters: Layout = { indent: ' ', newline: '\n' };

/** Undefined for a text that is all in one line. */
export function layoutOf(text: string): Layout | undefined {
  const first = /^\s*\{[ \t]*(\r?\n)([ \t]*)/.exec(text);
  if (!first) return text.trimEnd().includes('\n') ? jupyters : undefined;
  return { newline: first[1] ?? '\n', indent: first[2] || ' ' };
}

/** A value as JSON whose first line continues a line that is indented by `base`. */
export function formatted(value: unknown, base: string, layout: Layout | undefined): string {
  if (!layout) return JSON.stringify(value);
  return JSON.stringify(value, null, layout.indent).replaceAll('\n', `${layout.newline}${base}`);
}

/** The JSON text in lines, as Jupyter has it; its numbers and strings stay as they are written. */
export function inLines(text: string, at = 0, base = ''): string {
  const span = valueAt(text, at);
  const inner = `${base}${jupyters.indent}`;
  const join = (open: string, parts: readonly string[], close: string): string =>
    parts.length === 0 ? `${open}${close}` : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${base}${close}`;
  if (text[span.start] === '{') {
    const parts = propertiesOf(text, span).map(({ keyStart, value }) => {
      const key = valueAt(text, keyStart);
      return `${text.slice(key.start, key.end)}: ${inLines(text, value.start, inner)}`;
    });
    return join('{', parts, '}');
  }
  if (text[span.start] === '[') {
    const parts = elementsOf(text, span).map((element) => inLines(text, element.start, inner));
    return join('[', parts, ']');
  }
  return text.slice(span.start, span.end);
}
