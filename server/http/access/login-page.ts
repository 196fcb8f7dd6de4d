import { escapeMarkup } from '../../../kernel/markup.ts';

const style = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { display: grid; min-height: 90vh; place-items: center; margin: 1rem; }
form { display: grid; gap: 0.75rem; width: min(22rem, 100%); }
h1 { font-size: 1.25rem; margin: 0; }
input, button { font: inherit; padding: 0.5rem; }
[role=alert] { color: light-dark(#b00020, #ff8a80); margin: 0; }
`;

/** The page runs no script and shows nothing of others. */
export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The login as a page; its form goes to the address that it has, query included. */
export function loginPage(shown: {
  readonly xsrf: string;
  readonly problem: string | undefined;
  readonly asked: 'token' | 'password';
}): string {
  const { xsrf, problem, asked } = shown;
  const label = asked === 'token' ? 'Token' : 'Password or token';
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Replique: log in</title><style>${style}</style></head>
<body><form method="post">
<h1>Replique</h1>
${problem === undefined ? '' : `<p role="alert">${escapeMarkup(problem)}</p>`}
<input type="hidden" name="_xsrf" value="${escapeMarkup(xsrf)}">
<label for="password">${label}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
<button type="submit">Log in</button>
</form></body></html>
`;
}
