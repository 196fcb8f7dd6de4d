import { z } from 'zod';
import { HttpError } from '../../http/errors.ts';
import type { Resource } from '../../http/server.ts';
import type { TerminalManager } from './manager.ts';

const wish = z.object({ name: z.string().optional(), cwd: z.string().max(4096).optional() });
const side = z.number().min(1).max(10_000).transform(Math.floor);

/** What a page says (terminado's protocol): text that was typed, and the size of what shows it. */
const said = z.union([
  z.tuple([z.literal('stdin'), z.string()]),
  z.tuple([z.literal('set_size'), side, side]).rest(z.unknown()),
]);

/** Terminals, as jupyter_server_terminals has them. */
export function terminalsResource(terminals: TerminalManager): Resource {
  return ({ app, sockets }) => {
    app.get('/api/terminals', () => Promise.resolve(terminals.list().map(({ model }) => model)));
    app.post('/api/terminals', async ({ body }) => {
      const parsed = wish.safeParse(body ?? {});
      if (!parsed.success)
        throw new HttpError(400, 'A terminal is asked for with {"name", "cwd"}, both optional.');
      return (await terminals.create(parsed.data)).model;
    });
    app.get<{ Params: { name: string } }>('/api/terminals/:name', ({ params }) =>
      Promise.resolve(terminals.get(params.name).model),
    );
    app.delete<{ Params: { name: string } }>('/api/terminals/:name', async ({ params }, reply) => {
      await terminals.remove(params.name);
      return reply.code(204).send();
    });
    sockets.add({
      path: '/terminals/websocket/:name',
      protocols: [],
      check: ({ params }) => void terminals.get(params['name'] ?? ''),
      open: (socket, { params }) => {
        const terminal = terminals.get(params['name'] ?? '');
        terminal.attach(socket);
        return {
          message: (data, isBinary) => {
            const message = isBinary ? undefined : parse(data.toString('utf8'));
            if (message?.[0] === 'stdin') terminal.write(message[1]);
            if (message?.[0] === 'set_size')
              terminal.resize(socket, { rows: message[1], columns: message[2] });
          },
          closed: () => terminal.detach(socket),
        };
      },
    });
  };
}

function parse(text: string): z.infer<typeof said> | undefined {
  try {
    return said.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
