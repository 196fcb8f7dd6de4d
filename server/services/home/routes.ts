import type { Resource } from '../../http/server.ts';

const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Replique</title>
<style>:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; } body { margin: 2rem; max-width: 40rem; }</style></head>
<body><h1>Replique’s server runs here</h1>
<p>It serves Jupyter’s API and has no pages. Give this address to VS Code as that of an existing Jupyter server, or to a
Jupyter server as its <code>--gateway-url</code>. <code>replique lab</code> serves JupyterLab.</p></body></html>
`;

/** What a server without JupyterLab shows to people. VS Code asks for it, too, and concludes from its status who may come in. */
export const homeResource: Resource = ({ app }) => {
  for (const path of ['/', '/tree']) {
    app.get(path, { config: { access: 'page' } }, (_request, reply) =>
      reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page),
    );
  }
};
