import { basename } from 'node:path';
import MarkdownIt from 'markdown-it';
import { parseCell } from '../../../kernel/interpreter/cell.ts';
import { escapeMarkup } from '../../../kernel/markup.ts';
import { safeHtml } from '../../../kernel/output/firewall/html.ts';
import { safeMarkdown } from '../../../kernel/output/firewall/markdown.ts';
import { countOf, outputsOf } from '../notebook/outputs.ts';
import type { SavedOutput } from '../notebook/outputs.ts';
import type { Cell } from '../notebook/schema.ts';
import { aboutOf } from '../notebook/session.ts';
import type { Format } from './contract.ts';
import { imageAddress, plainText, representationOf } from './representation.ts';
import { style } from './style.ts';

/** Nothing runs, nothing is loaded, nothing is sent: https://www.w3.org/TR/CSP3/ */
const policy =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-src 'none'";

const images = ['image/png', 'image/jpeg', 'image/svg+xml', 'image/gif', 'image/webp'];
const wanted = ['text/html', ...images, 'text/markdown'];
/** A turn's HTML, if there is any, is not the kernel's. */
const wantedOfTurns = ['text/markdown'];

/** A page of its own, without a script. */
export const html: Format = {
  write: ({ path, notebook }) => {
    const name = escapeMarkup(plainText(basename(path).replace(/\.ipynb$/, '')));
    const head = [
      '<meta charset="utf-8">',
      `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
      '<meta name="referrer" content="no-referrer">',
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      '<meta name="color-scheme" content="light dark">',
      `<title>${name}</title>`,
      `<style>\n${style}</style>`,
    ];
    const cells = notebook.cells.map(cellHtml).filter((cell) => cell !== '');
    return `<!doctype html>\n<html lang="en">\n<head>\n${head.join('\n')}\n</head>\n<body>\n<main>\n${cells.join('\n')}\n</main>\n</body>\n</html>\n`;
  },
};

function cellHtml(cell: Cell): string {
  if (cell.source.trim() === '') return '';
  if (cell.cell_type === 'markdown') return `<section class="text">${markdown(cell.source)}</section>`;
  if (cell.cell_type === 'raw') return `<section class="text">${preformatted(cell.source)}</section>`;
  const isPrompt = parseCell(cell.source).kind === 'prompt';
  const source = escapeMarkup(plainText(cell.source));
  const asked = isPrompt ? `<p class="prompt">${source}</p>` : `<pre class="code">${source}</pre>`;
  const outputs = outputsOf(cell).map(outputHtml);
  const label = `<span class="label">In [${countOf(cell) ?? ' '}]</span>`;
  return `<section class="cell">\n${label}\n${asked}\n${outputs.join('\n')}\n</section>`;
}

function outputHtml(output: SavedOutput): string {
  const isTurn = aboutOf(output)?.kind === 'turn';
  const shown = representationOf(output, isTurn ? wantedOfTurns : wanted);
  const name = isTurn ? 'turn' : output.output_type === 'error' ? 'error' : 'result';
  return `<div class="${name}">${contentHtml(shown)}</div>`;
}

function contentHtml(shown: { type: string; content: string }): string {
  const address = imageAddress(shown);
  if (address !== undefined) return `<img alt="${escapeMarkup(shown.type)}" src="${escapeMarkup(address)}">`;
  if (shown.type === 'text/html') return shown.content;
  if (shown.type === 'text/markdown') return markdown(shown.content);
  return shown.content === '' ? '' : preformatted(shown.content);
}

const preformatted = (text: string): string => `<pre>${escapeMarkup(plainText(text))}</pre>`;

const largestMarkdown = 256_000;
const renderer = new MarkdownIt({ html: false });

/** Markdown as HTML: through the firewall before it is rendered, and after. */
function markdown(text: string): string {
  if (text.length > largestMarkdown) return preformatted(text);
  return safeHtml(renderer.render(safeMarkdown(plainText(text))))?.html ?? preformatted(text);
}
