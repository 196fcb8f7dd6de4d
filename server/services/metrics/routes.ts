import type { FastifyRequest } from 'fastify';
import type { Resource } from '../../http/server.ts';
import type { Metrics } from './metrics.ts';

/** `GET /metrics`, for Prometheus, who shows the token as Bearer; and the times of all requests. */
export const metricsRoutes =
  ({ registry, requests }: Metrics): Resource =>
  ({ app }) => {
    app.addHook('onResponse', (request, reply, done) => {
      const labels = { method: request.method, route: routeOf(request), code: reply.statusCode };
      requests.observe(labels, reply.elapsedTime / 1000);
      done();
    });
    app.get('/metrics', async (_request, reply) => {
      void reply.type(registry.contentType);
      return reply.send(await registry.metrics());
    });
  };

/** A path as it was declared: what clients write into it would be a new label each time. */
const routeOf = ({ routeOptions, is404 }: FastifyRequest): string =>
  is404 ? 'none' : (routeOptions.url ?? 'none');
