import type { Resource } from '../../http/server.ts';
import { readiness, type Needs, type Readiness } from './checks.ts';

/** How long what was found counts: anybody may ask, as often as they like. */
const freshMs = 1000;
const open = { config: { access: 'public' } } as const;

/**
 * `GET /healthz`: it runs. `GET /readyz`: it can do its work, else 503 with what keeps it from that. Both without a token,
 * for what starts and watches servers has none.
 */
export const healthRoutes =
  (needs: Needs): Resource =>
  ({ app }) => {
    let found: Promise<Readiness> | undefined;
    let foundAt = -Infinity;
    app.get('/healthz', open, () => Promise.resolve({ status: 'ok' }));
    app.get('/readyz', open, async (_request, reply) => {
      if (found === undefined || performance.now() - foundAt > freshMs) {
        found = readiness(needs);
        foundAt = performance.now();
      }
      const checks = Object.entries(await found).map(([name, problem]) => [name, problem ?? 'ok'] as const);
      const isReady = checks.every(([, said]) => said === 'ok');
      void reply.code(isReady ? 200 : 503);
      return { status: isReady ? 'ok' : 'unavailable', checks: Object.fromEntries(checks) };
    });
  };
