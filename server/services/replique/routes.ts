import { Readable } from 'node:stream';
import { z } from 'zod';
import { urlPath } from '../../http/base-url.ts';
import { HttpError } from '../../http/errors.ts';
import { parseBody } from '../../http/json.ts';
import type { Resource } from '../../http/server.ts';
import type { Told } from '../journal/event-feed.ts';
import type { Prompts } from './prompts.ts';
import { openApi } from './spec.ts';

/** As much as a body may hold. */
const longestPrompt = 500_000;

export const promptBody = z.union(
  [
    z.strictObject({ prompt: z.string().min(1).max(longestPrompt) }),
    z.strictObject({ cell_id: z.string().min(1).max(1000) }),
  ],
  `the body is {"prompt": TEXT of at most ${longestPrompt} characters} or {"cell_id": ID}`,
);

const params = z.object({ id: z.string() });
const query = z
  .object({ run: z.string().min(1).max(200).optional(), running: z.literal('1').optional() })
  .refine(({ run, running }) => run === undefined || running === undefined);

/** Proxies close connections on which nothing comes for a minute. */
const heartbeatMs = 15_000;

interface Options {
  readonly baseUrl: string;
  readonly version: string;
}

/** `/api/replique`: cells that run without a page, and what happens to them. */
export const repliqueRoutes =
  (prompts: Prompts, { baseUrl, version }: Options): Resource =>
  ({ app }) => {
    app.post('/api/replique/sessions/:id/prompt', async (request, reply) => {
      const { id } = params.parse(request.params);
      const started = await prompts.start(id, parseBody(promptBody, request.body));
      const events = `${urlPath(baseUrl, 'api', 'replique', 'sessions', id, 'events')}?run=${started.run}`;
      return reply
        .code(202)
        .header('location', events)
        .send({ ...started, events });
    });
    app.get('/api/replique/sessions/:id/events', (request, reply) => {
      const { id } = params.parse(request.params);
      const asked = query.safeParse(request.query);
      if (!asked.success) throw new HttpError(400, 'A run is named by its id; with running=1 none is named.');
      const after = request.headers['last-event-id'];
      const left = new AbortController();
      const { signal } = left;
      reply.raw.once('close', () => left.abort());
      const told = asked.data.running
        ? prompts.running(id, { heartbeatMs, signal })
        : prompts.events(id, {
            ...{ run: asked.data.run, heartbeatMs, signal },
            after: typeof after === 'string' ? after : undefined,
          });
      if (told === undefined) return reply.code(204).send();
      void reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no');
      return reply.send(Readable.from(lines(told)));
    });
    app.get('/api/replique/spec.yaml', (_request, reply) =>
      reply.type('application/yaml; charset=utf-8').send(openApi(version, urlPath(baseUrl))),
    );
    app.addHook('preClose', (done) => {
      prompts.close();
      done();
    });
  };

/** As Server-Sent Events (HTML Standard, 9.2). */
async function* lines(events: AsyncIterable<Told>): AsyncGenerator<string> {
  yield ': \n\n'; // the headers go with the first byte
  for await (const told of events) {
    if (told === undefined) {
      yield ': \n\n';
      continue;
    }
    const { event, ...data } = told.event;
    yield `id: ${told.id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}
