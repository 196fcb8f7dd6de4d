import { basename } from 'node:path';
import { codeFence, safeMarkdown } from '../../../kernel/output/firewall/markdown.ts';
import { parseCell } from '../../../kernel/interpreter/cell.ts';
import { countOf, outputsOf } from '../notebook/outputs.ts';
import type { SavedOutput } from '../notebook/outputs.ts';
import type { Cell } from '../notebook/schema.ts';
import type { Format } from './contract.ts';
import { imageAddress, plainText, representationOf } from './representation.ts';

const wanted = ['text/markdown', 'image/png', 'image/jpeg', 'image/svg+xml', 'image/gif', 'image/webp'];

/** A document in Markdown: prompts as quotations, code in fences, images as data in place. */
export const md: Format = {
  write: ({ path, notebook }) => {
    const origin = `<!-- From the notebook ${basename(path).replaceAll(/[^\w. -]|--/g, '_')}, by replique export. -->`;
    const blocks = notebook.cells.flatMap(blocksOf);
    return `${[origin, ...blocks].filter((block) => block.trim() !== '').join('\n\n')}\n`;
  },
};

function blocksOf(cell: Cell): string[] {
  if (cell.cell_type === 'markdown') return [cell.source.trim()];
  if (cell.cell_type === 'raw') return [codeFence(plainText(cell.source), '')];
  const label = `**In [${countOf(cell) ?? ' '}]:**`;
  return [label, sourceOf(cell.source), ...outputsOf(cell).map(outputBlock)];
}

/** The language of a magic's body. */
const languageOf = (magic: string): string => (magic === 'bash' || magic === 'python' ? magic : '');

function sourceOf(source: string): string {
  const asks = parseCell(source);
  if (asks.kind === 'prompt') return quoted(plainText(asks.text));
  const language =
    asks.kind === 'code' ? 'python' : asks.kind === 'cell-magic' ? languageOf(asks.call.name) : '';
  return codeFence(plainText(source), language);
}

/** A prompt is words, not Markdown. */
const quoted = (text: string): string =>
  safeMarkdown(
    text.replaceAll(
      /^(\s*)(\d+)?(#|[-*+](?=\s)|[.)](?=\s)|>|={3,}|-{3,})/gm,
      (_, indent: string, number = '', mark: string) => `${indent}${number}\\${mark}`,
    ),
  )
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('  \n');

function outputBlock(output: SavedOutput): string {
  const shown = representationOf(output, wanted);
  const address = imageAddress(shown);
  if (address !== undefined) return `![${shown.type}](${address})`;
  if (shown.type === 'text/markdown') return shown.content;
  return shown.content.trim() === '' ? '' : codeFence(shown.content, 'text');
}
