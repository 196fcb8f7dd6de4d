import type { Resource } from '../../http/server.ts';

/**
 * What JupyterLab asks for and this server does not have: its answers are the ones that keep the page quiet. Nothing is fetched from
 * elsewhere, built or installed.
 */
const answers: Readonly<Record<string, unknown>> = {
  '/lab/api/build': { status: 'stable', message: '' },
  '/lab/api/update': { notification: null },
  '/lab/api/news': { news: [] },
  '/lab/api/extensions': [],
  '/lab/api/plugins': { lockRules: [], allLocked: false },
  '/lab/api/licenses': { bundles: {} },
  '/lab/api/listings/@jupyterlab/extensionmanager-extension/listings.json': {
    ...{ blocked_extensions_uris: [], allowed_extensions_uris: [] },
    ...{ blocked_extensions: [], allowed_extensions: [] },
  },
  '/lsp/status': { version: 2, sessions: {}, specs: {} },
};

export const quietResource: Resource = ({ app }) => {
  for (const [path, answer] of Object.entries(answers)) app.get(path, () => Promise.resolve(answer));
};
