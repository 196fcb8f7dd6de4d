import MarkdownIt from 'markdown-it';
import { Marked } from 'marked';

const marked = new Marked({ gfm: true });
const markdownIt = new MarkdownIt({ html: true, linkify: true, typographer: true });

/** The HTML that JupyterLab's and VS Code's renderers make of Markdown, raw HTML let through. */
export function rendered(markdown: string): { name: string; html: string }[] {
  return [
    { name: 'marked', html: marked.parse(markdown, { async: false }) },
    { name: 'marked with mathematics', html: withMathematics(markdown) },
    { name: 'markdown-it', html: markdownIt.render(markdown) },
  ];
}

const mathematics =
  /\$\$?(?:[^$\n]|\n(?!\s*\n))+\$\$?|\\\\[([](?:[^\n]|\n(?!\s*\n))+?\\\\[)\]]|\\begin\{\w+\}(?:[^\n]|\n(?!\s*\n))+?\\end\{\w+\}/g;

/** As JupyterLab does: mathematics is taken out, and put back into the HTML with its quotes as they are. */
function withMathematics(markdown: string): string {
  const found: string[] = [];
  const without = markdown.replaceAll(mathematics, (math) => `@@${found.push(math) - 1}@@`);
  const html = marked.parse(without, { async: false });
  return html.replaceAll(/@@(\d+)@@/g, (whole, index: string) =>
    (found[Number(index)] ?? whole).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  );
}

const tags = 'p|h[1-6]|ul|ol|li|blockquote|pre|code|em|strong|del|s|br|hr|a|table|thead|tbody|tr|th|td';
const attribute =
  ' (?:href="(?:(?:https?:)?\\/\\/|mailto:|#)[^"<>]*"|title="[^"<>]*"|class="language-[^"<>\\s]*"|align="\\w+"|style="text-align:\\w+"|start="\\d+")';
const harmlessTag = new RegExp(`^<\\/?(?:${tags})(?:${attribute})*\\s*\\/?>`);
const checkbox = /^<input (?:checked="" )?disabled="" type="checkbox">/;

/** The first piece of HTML that is no text and not of the tiny list a renderer needs for plain Markdown. */
export function firstForeign(html: string): string | undefined {
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at + 1)) {
    const piece = html.slice(at, at + 4000);
    if (!harmlessTag.test(piece) && !checkbox.test(piece)) return piece.slice(0, 200);
  }
  return undefined;
}
