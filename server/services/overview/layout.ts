import { html, type Html } from './html.ts';

export interface Page {
  readonly title: string;
  /** Which of the links leads here. */
  readonly current: 'sessions' | 'usage' | 'check';
  readonly body: Html;
  /** Whether it changes by itself. */
  readonly isLive?: boolean;
}

/** Nothing of other servers, no script and no style within the page. */
export const pagePolicy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const links = [
  ['sessions', '', 'Sessions'],
  ['usage', '/usage', 'Usage'],
  ['check', '/check', 'System check'],
] as const;

/** A page as HTML. @param baseUrl between slashes */
export function layout(baseUrl: string, { title, current, body, isLive = false }: Page): string {
  const here = `${baseUrl}replique`;
  const items = links.map(([name, path, text]) => {
    const mark = name === current ? html` aria-current="page"` : undefined;
    return html`<li><a href="${here}${path}" ${mark}>${text}</a></li>`;
  });
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="same-origin" />
        <title>${title} · Replique</title>
        <link rel="stylesheet" href="${here}/style.css" />
        <script src="${here}/page.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <strong>Replique</strong>
          <nav aria-label="Pages">
            <ul>
              ${items}
            </ul>
          </nav>
        </header>
        <main id="main" tabindex="-1" ${isLive ? html` data-live` : undefined}>
          <h1>${title}</h1>
          ${body}
        </main>
        <footer>
          What is shown is what kernels have written down on this machine. Nothing here is sent anywhere.
        </footer>
      </body>
    </html> `.text;
}
