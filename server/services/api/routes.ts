import type { Resource } from '../../http/server.ts';

/** `GET /api`: that there is a server, and its version. Everybody may ask. */
export const apiRoutes =
  (version: string): Resource =>
  ({ app }) => {
    app.get('/api', { config: { access: 'public' } }, () => ({ version }));
  };
