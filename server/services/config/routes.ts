import { z } from 'zod';
import { HttpError } from '../../http/errors.ts';
import { parseBody } from '../../http/json.ts';
import type { Resource } from '../../http/server.ts';
import type { ConfigManager } from './manager.ts';

const section = z.object({ section: z.string().regex(/^\w{1,100}$/) });
const values = z.record(z.string(), z.unknown());

/** `/api/config/SECTION`: GET, PUT and PATCH */
export const configRoutes =
  (manager: ConfigManager): Resource =>
  ({ app }) => {
    const sectionOf = (params: unknown): string => {
      const parsed = section.safeParse(params);
      if (!parsed.success) throw new HttpError(404, 'Not Found');
      return parsed.data.section;
    };
    app.get('/api/config/:section', (request) => manager.get(sectionOf(request.params)));
    app.put('/api/config/:section', async (request, reply) => {
      await manager.set(sectionOf(request.params), parseBody(values, request.body));
      return reply.code(204).send();
    });
    app.patch('/api/config/:section', (request) =>
      manager.update(sectionOf(request.params), parseBody(values, request.body)),
    );
  };
