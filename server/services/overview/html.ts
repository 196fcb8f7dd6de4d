import { escapeMarkup } from '../../../kernel/markup.ts';
import { showInvisible } from '../../../kernel/output/firewall/invisible.ts';

/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | undefined | Html | readonly Part[];

/** As text of a page or of an attribute in quotes; what can't be seen becomes visible, what is no text of HTML a sign for that. */
const escape = (text: string): string =>
  escapeMarkup(showInvisible(text).replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/g, '\ufffd'));

function render(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(render).join('');
  return escape(String(part));
}

/** HTML in which all that is put in is text, unless it is HTML itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, at) => text + (at < parts.length ? render(parts[at]) : '')).join(''));
}

/** Text of others: its direction does not reach beyond it. */
export const foreign = (text: string): Html => html`<bdi>${text}</bdi>`;
