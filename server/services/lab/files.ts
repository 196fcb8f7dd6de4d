import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const yearSeconds = 365 * 24 * 60 * 60;

/**
 * Serves the files below these directories; the first that has one of a path wins. What is asked for with a version (`?v=`) does not
 * change: browsers keep it.
 */
export function addFiles(app: FastifyInstance, prefix: string, directories: readonly string[]): void {
  const root = directories.filter((directory) => existsSync(directory));
  if (root.length === 0) return;
  void app.register(async (scope) => {
    await scope.register(fastifyStatic, {
      ...{ root, prefix, decorateReply: false, index: false, dotfiles: 'deny' as const },
      ...{ cacheControl: false, etag: true, lastModified: true },
      allowedPath: (_path, _root, request) => !/%(?:00|5c)/i.test(request.url),
    });
    scope.addHook('onSend', (request, reply, payload, done) => {
      const isVersioned = (request.query as Readonly<Record<string, unknown>>)['v'] !== undefined;
      reply.header(
        'cache-control',
        isVersioned && reply.statusCode < 400 ? `private, max-age=${yearSeconds}, immutable` : 'no-cache',
      );
      done(null, payload);
    });
  });
}
