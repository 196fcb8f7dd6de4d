import { z } from 'zod';
import { HttpError } from '../../http/errors.ts';
import type { Resource } from '../../http/server.ts';
import { known, type EventBus } from './bus.ts';

const posted = z.object({
  schema_id: z.string(),
  version: z.union([z.string(), z.number()]).transform(String),
  data: z.record(z.string(), z.unknown()),
  timestamp: z.string().max(50).optional(),
});

/** `2022-05-26T13:50:00+05:00Z`, as jupyter_server wants it, or an ISO 8601 time. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:?\d\d)?Z?$/;

/** A subscriber who is so far behind is let go, in bytes: it comes back. */
const mostWaiting = 8 * 2 ** 20;

/** Jupyter's events: whoever listens hears what happens to contents and kernels. */
export function eventsResource(bus: EventBus): Resource {
  return ({ app, sockets }) => {
    app.post('/api/events', async ({ body }, reply) => {
      const parsed = posted.safeParse(body);
      if (!parsed.success) throw new HttpError(400, 'An event has `schema_id`, `version` and `data`.');
      const { schema_id: schemaId, version, data, timestamp } = parsed.data;
      const schema = Object.values(known).find((each) => each.schemaId === schemaId);
      if (schema === undefined)
        throw new HttpError(400, `There are no events of the schema ${schemaId.slice(0, 200)}.`);
      if (schema.version !== version)
        throw new HttpError(400, `The version of ${schemaId} is ${schema.version}.`);
      if (timestamp !== undefined && !time.test(timestamp))
        throw new HttpError(400, 'That is no time in ISO 8601.');
      bus.emit({ schemaId, version, data, at: timestamp });
      return reply.code(204).send();
    });
    sockets.add({
      path: '/api/events/subscribe',
      protocols: [],
      check: () => undefined,
      open: (socket) => {
        const end = bus.listen((event) => {
          if (socket.bufferedAmount > mostWaiting) socket.terminate();
          else socket.send(JSON.stringify(event));
        });
        return { closed: end };
      },
    });
  };
}
