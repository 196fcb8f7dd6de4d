import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { describeError } from '../../../kernel/errors.ts';
import type { CheckReport } from '../../../kernel/protocol/setup.ts';
import { parseCookies } from '../../http/access/cookies.ts';
import { HttpError } from '../../http/errors.ts';
import type { Resource } from '../../http/server.ts';
import { layout, pagePolicy, type Page } from './layout.ts';
import { script, style } from './style.ts';

interface Options {
  readonly baseUrl: string;
  /** @throws Error with a sentence for people */
  readonly runCheck: () => Promise<CheckReport>;
}

const mostFormBytes = 4096;
const views = () => import('./views.ts');
const page = { config: { access: 'page' } } as const;
const params = z.object({ id: z.uuid() });
const query = z.object({ days: z.coerce.number().int().min(1).max(3650).catch(30) });

/** `/replique`: pages of our own, of what kernels have written down. They read it, and change nothing. */
export const overviewRoutes =
  ({ baseUrl, runCheck }: Options): Resource =>
  ({ app }) => {
    const show = (reply: FastifyReply, content: Page): FastifyReply =>
      reply
        .header('content-security-policy', pagePolicy)
        .type('text/html; charset=utf-8')
        .send(layout(baseUrl, content));
    for (const [path, type, text] of [
      ['/replique/style.css', 'text/css', style],
      ['/replique/page.js', 'text/javascript', script],
    ] as const) {
      app.get(path, (_request, reply) =>
        reply.type(`${type}; charset=utf-8`).header('cache-control', 'no-cache').send(text),
      );
    }

    app.get('/replique', page, async (_request, reply) => show(reply, (await views()).sessionsView(baseUrl)));

    app.get('/replique/sessions/:id', page, async (request, reply) => {
      const asked = params.safeParse(request.params);
      const found = asked.success ? await (await views()).sessionView(asked.data.id) : undefined;
      if (found === undefined) throw new HttpError(404, 'There is no such session.');
      return show(reply, found);
    });

    app.get('/replique/usage', page, async (request, reply) =>
      show(reply, (await views()).usageView(query.parse(request.query).days)),
    );

    let running: Promise<CheckReport | { readonly problem: string }> | undefined;
    app.get('/replique/check', page, async (request, reply) =>
      show(reply, (await views()).checkPage(actionOf(baseUrl, request, reply), undefined)),
    );
    void app.register((scope, _options, done) => {
      // A form without fields: what it holds is of no interest.
      const parser = { parseAs: 'string', bodyLimit: mostFormBytes } as const;
      scope.addContentTypeParser('application/x-www-form-urlencoded', parser, (_request, _body, next) =>
        next(null),
      );
      scope.post('/replique/check', page, async (request, reply) => {
        running ??= runCheck()
          .catch((error: unknown) => ({ problem: describeError(error, false) }))
          .finally(() => (running = undefined));
        const result = await running;
        return show(reply, (await views()).checkPage(actionOf(baseUrl, request, reply), result));
      });
      done();
    });
  };

/** A form has no headers: `_xsrf` stands in its address, the one that the browser has or is given now. */
function actionOf(baseUrl: string, request: FastifyRequest, reply: FastifyReply): string {
  const given = [reply.getHeader('set-cookie') ?? []].flat().map(String);
  const now = given.map((each) => parseCookies(each.split(';', 1)[0]).get('_xsrf')).find((each) => each);
  const xsrf = now ?? parseCookies(request.headers.cookie).get('_xsrf') ?? '';
  return `${baseUrl}replique/check?_xsrf=${encodeURIComponent(xsrf)}`;
}
