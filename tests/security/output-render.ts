import MarkdownIt from 'markdown-it';
import { Marked } from 'marked';

const marked = new Marked({ gfm: true });
const markdownIt = new MarkdownIt({ html: true, linkify: true, typographer: true });

/** The HTML that JupyterLab's and VS Code's renderers make of Markdown, raw HTML let through. */
export function rendered(markdown: string): { name: string; html: string }[] {
  return [
    { name: 'marked', html: marked.parse(markdown, { async: false }) },
    { name: 'markdown-it', html: markdownIt.render(markdown) },
  ];
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
