import type { Resource } from '../../http/server.ts';

/** What the status tells of. */
export interface Running {
  list(): readonly { readonly connections: number }[];
  /** When anything last happened in a kernel, those that are gone included. */
  readonly lastActivity: Date;
}

/** `GET /api/status` */
export const statusRoutes =
  (kernels: Running): Resource =>
  ({ app }) => {
    const started = new Date().toISOString();
    app.get('/api/status', () => {
      const running = kernels.list();
      return {
        connections: running.reduce((sum, { connections }) => sum + connections, 0),
        kernels: running.length,
        last_activity: kernels.lastActivity.toISOString(),
        started,
      };
    });
  };
