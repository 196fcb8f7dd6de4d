import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { urlPath } from '../../http/base-url.ts';
import { HttpError } from '../../http/errors.ts';
import { parseBody } from '../../http/json.ts';
import type { Resource } from '../../http/server.ts';
import { kernelId } from '../kernels/keep/records.ts';
import { KernelNotStarted, type SessionManager, type SessionModel } from './manager.ts';

const params = z.object({ id: z.string() });
const path = z.string().max(10_000);
const text = z.string().max(1000);
/** What is not said, `null` and an empty text mean the same. */
const unsaid = z
  .literal('')
  .nullish()
  .transform(() => undefined);
const kernel = z
  .object({ id: unsaid.or(kernelId), name: unsaid.or(text) })
  .partial()
  .nullish()
  .transform((choice) => choice ?? {});
/** As clients before 2016 have it. */
const notebook = z.object({ path: path.optional(), name: path.optional() }).optional();

const creation = z.object({
  ...{ path: path.optional(), name: text.nullish(), type: text.optional() },
  ...{ kernel, notebook },
});
const change = z.object({
  ...{ path: path.optional(), name: text.optional(), type: text.optional() },
  ...{ kernel, notebook },
});

/** `/api/sessions`, and each session */
export const sessionsRoutes =
  (manager: SessionManager, baseUrl: string): Resource =>
  ({ app }) => {
    app.get('/api/sessions', () => manager.list());
    app.post('/api/sessions', async (request, reply) => {
      const { name, notebook: old, kernel: choice, ...body } = parseBody(creation, request.body);
      const fields = {
        path: required('path', old?.name ?? old?.path ?? body.path),
        type: required('type', old === undefined ? body.type : 'notebook'),
        name: name ?? null,
      };
      return answer(reply, async () => {
        const session = await manager.create(fields, choice);
        void reply.code(201).header('location', urlPath(baseUrl, 'api', 'sessions', session.id));
        return session;
      });
    });
    app.get('/api/sessions/:id', (request) => manager.get(params.parse(request.params).id));
    app.patch('/api/sessions/:id', (request, reply) => {
      const { id } = params.parse(request.params);
      const { notebook: old, kernel: choice, ...body } = parseBody(change, request.body);
      const given = old?.path === undefined ? body : { ...body, path: old.path, type: 'notebook' };
      const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      return answer(reply, () => manager.update(id, changes, choice));
    });
    app.delete('/api/sessions/:id', async (request, reply) => {
      await manager.delete(params.parse(request.params).id);
      return reply.code(204).send();
    });
  };

/** A kernel that can't be started has an answer of its own. */
async function answer(reply: FastifyReply, make: () => Promise<SessionModel>): Promise<unknown> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof KernelNotStarted)) throw error;
    void reply.code(error.status);
    return { message: error.message, short_message: error.short };
  }
}

function required(field: string, value: string | undefined): string {
  if (value === undefined) throw new HttpError(400, `Missing field in JSON data: ${field}`);
  return value;
}
