/** Fences as CommonMark 0.31 has them: https://spec.commonmark.org/0.31.2/#fenced-code-blocks */
import { safeInline } from './inline.ts';
import { showInvisible, showInvisibleInCode } from './invisible.ts';

/** With the marker of a list item before it, if the fence is its first line. */
const opening = /^([ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(`{3,}|~{3,})[ \t]*([^`\r\n]*)$/;
const language = /^[A-Za-z0-9_+#.-]{1,30}$/;

/** Fences that notebooks draw as diagrams, with links and styles of their own: shown as text. */
const drawn = new Set(['mermaid', 'plantuml', 'vega', 'vega-lite', 'graphviz', 'dot', 'math']);

/**
 * Markdown of which nothing but text, code, tables, mathematics and plain links is left, whatever renders it:
 * raw HTML is escaped, images and reference links become text, links keep http, https, mailto and fragments.
 * Fences are written anew at the left margin, closed and apart from the rest, so that every renderer sees the same ones.
 */
export function safeMarkdown(markdown: string): string {
  const blocks: string[] = [];
  let prose: string[] = [];
  const endProse = (): void => {
    const text = prose.join('\n');
    if (/\S/.test(text)) blocks.push(safeInline(showInvisible(text.replace(/^(?:[ \t]*\n)+|\s+$/g, ''))));
    prose = [];
  };
  const lines = markdown.replaceAll(/\r\n?/g, '\n').split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const fence = line.includes('`') || line.includes('~') ? opening.exec(line) : null;
    if (fence === null) {
      prose.push(line);
      continue;
    }
    const [, indent = '', run = '', info = ''] = fence;
    if (/\S/.test(indent)) prose.push(`${indent}&nbsp;`);
    const code: string[] = [];
    while (++at < lines.length && !closes(lines[at] ?? '', run))
      code.push(dedent(lines[at] ?? '', indent.length));
    endProse();
    blocks.push(codeFence(code.join('\n'), info.trim().split(/\s/)[0] ?? ''));
  }
  endProse();
  return blocks.join('\n\n');
}

/** Code as a fence longer than any run of backticks in it. */
export function codeFence(code: string, info: string): string {
  const shown = showInvisibleInCode(code);
  const longest = (shown.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const fence = '`'.repeat(longest + 1);
  const label = language.test(info) && !drawn.has(info.toLowerCase()) ? info : '';
  return `${fence}${label}\n${shown}\n${fence}`;
}

function closes(line: string, run: string): boolean {
  const trimmed = line.trim();
  return trimmed.length >= run.length && trimmed === (run[0] ?? '').repeat(trimmed.length);
}

function dedent(line: string, columns: number): string {
  let at = 0;
  while (at < columns && (line[at] === ' ' || line[at] === '\t')) at++;
  return line.slice(at);
}
