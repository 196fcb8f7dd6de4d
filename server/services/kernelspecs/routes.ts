import { z } from 'zod';
import { urlPath } from '../../http/base-url.ts';
import { HttpError } from '../../http/errors.ts';
import type { Resource } from '../../http/server.ts';
import type { Kernelspec, KernelspecManager } from './manager.ts';
import { readResource } from './resource.ts';

const named = z.object({ name: z.string() });
const file = z.object({ name: z.string(), '*': z.string() });

/** `/api/kernelspecs`, `/api/kernelspecs/NAME`, and the files of a kernelspec at `/kernelspecs/NAME/FILE` */
export const kernelspecsRoutes =
  (manager: KernelspecManager, baseUrl: string): Resource =>
  ({ app }) => {
    const find = (name: string): Kernelspec => {
      const found = manager.get(name);
      if (found === undefined) throw new HttpError(404, `Kernel spec ${name} not found`);
      return found;
    };
    app.get('/api/kernelspecs', () => ({
      default: manager.defaultName(),
      kernelspecs: Object.fromEntries(
        [...manager.all()].map(([name, spec]) => [name, modelOf(spec, baseUrl)]),
      ),
    }));
    app.get('/api/kernelspecs/:name', (request) => modelOf(find(named.parse(request.params).name), baseUrl));
    app.get('/kernelspecs/:name/*', (request, reply) => {
      const { name, '*': path } = file.parse(request.params);
      const found = readResource(find(name).directory, path);
      if (found === undefined) throw new HttpError(404, 'Not Found');
      void reply.header('etag', found.etag).header('cache-control', 'private, max-age=3600');
      // An image that is opened by itself is a page, and may hold scripts.
      void reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
      if (request.headers['if-none-match'] === found.etag) return reply.code(304).send();
      return reply.type(found.type).send(found.bytes);
    });
  };

function modelOf({ name, spec, resources }: Kernelspec, baseUrl: string): object {
  const urls = resources.map((entry) => [
    entry.startsWith('logo-') ? entry.replace(/\.[^.]*$/, '') : entry,
    urlPath(baseUrl, 'kernelspecs', name, entry),
  ]);
  return { name, spec, resources: Object.fromEntries(urls) as Record<string, string> };
}
