import { z } from 'zod';
import { urlPath } from '../../http/base-url.ts';
import { HttpError } from '../../http/errors.ts';
import { parseBody } from '../../http/json.ts';
import type { Resource } from '../../http/server.ts';
import { channelsRoute } from './channels.ts';
import { kernelId } from './keep/records.ts';
import type { Kernel } from './kernel.ts';
import type { KernelManager } from './manager.ts';

const params = z.object({ id: z.string() });

const start = z.object({
  name: z.string().max(1000).nullish(),
  path: z.string().max(10_000).nullish(),
  kernel_id: kernelId.nullish(),
});

interface Options {
  readonly baseUrl: string;
  readonly pingMs: number;
}

/** `/api/kernels`, and each kernel with its actions and its WebSocket */
export const kernelsRoutes =
  (manager: KernelManager, { baseUrl, pingMs }: Options): Resource =>
  ({ app, sockets }) => {
    const find = (request: { readonly params: unknown }): Kernel => {
      const { id } = params.parse(request.params);
      const kernel = manager.get(id);
      if (kernel === undefined) throw new HttpError(404, `Kernel does not exist: ${id}`);
      return kernel;
    };
    app.get('/api/kernels', () => manager.list());
    app.post('/api/kernels', async (request, reply) => {
      const { name, path, kernel_id } = parseBody(start, request.body);
      const kernel = await manager.start({
        name: name ?? undefined,
        path: path ?? undefined,
        id: kernel_id ?? undefined,
      });
      void reply.header('location', urlPath(baseUrl, 'api', 'kernels', kernel.id));
      return reply.code(201).send(kernel.model());
    });
    app.get('/api/kernels/:id', (request) => find(request).model());
    app.delete('/api/kernels/:id', async (request, reply) => {
      await manager.shutdown(find(request).id);
      return reply.code(204).send();
    });
    app.post('/api/kernels/:id/interrupt', async (request, reply) => {
      await manager.interrupt(find(request));
      return reply.code(204).send();
    });
    app.post('/api/kernels/:id/restart', async (request) => {
      const kernel = find(request);
      await manager.restart(kernel);
      return kernel.model();
    });
    sockets.add(channelsRoute({ find: (id) => manager.get(id), pingMs }));
  };
