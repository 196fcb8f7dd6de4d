import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { describeError } from '../../../kernel/errors.ts';
import { findSession, listSessions } from '../../../kernel/overview/sessions.ts';
import { readSandboxRecord } from '../../../kernel/overview/sandbox.ts';
import { readSessionTimeline } from '../../../kernel/overview/timeline.ts';
import { UsageReader } from '../../../kernel/overview/usage.ts';
import type { CheckReport } from '../../../kernel/protocol/setup.ts';
import { parseCookies } from '../../http/access/cookies.ts';
import { HttpError } from '../../http/errors.ts';
import type { Resource } from '../../http/server.ts';
import { layout, pagePolicy, type Page } from './layout.ts';
import { checkPage, sessionPage, sessionsPage, usagePage } from './pages.ts';
import { script, style } from './style.ts';

interface Options {
  readonly baseUrl: string;
  /** @throws Error with a sentence for people */
  readonly runCheck: () => Promise<CheckReport>;
}

const most = { sessions: 200, cells: 300, refusals: 100, rows: 100 } as const;
const dayMs = 86_400_000;
/** Sessions and their usage are kept so long. */
const sessionDays = 90;
const mostFormBytes = 4096;
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

    app.get('/replique', page, (_request, reply) => {
      const midnight = new Date().setHours(0, 0, 0, 0);
      const { bySession, today } = withUsage((usage) => ({
        bySession: usage.by('session', Date.now() - sessionDays * dayMs, 10 * most.sessions),
        today: usage.by('day', midnight, 1)[0],
      }));
      const used = new Map(bySession.map((row) => [row.name, row]));
      const views = listSessions(most.sessions).map((entry) => ({ entry, usage: used.get(entry.session) }));
      return show(reply, sessionsPage(baseUrl, views, today));
    });

    app.get('/replique/sessions/:id', page, async (request, reply) => {
      const asked = params.safeParse(request.params);
      const entry = asked.success ? findSession(asked.data.id) : undefined;
      if (entry === undefined) throw new HttpError(404, 'There is no such session.');
      const { session } = entry;
      return show(
        reply,
        sessionPage({
          entry,
          usage: withUsage((usage) => usage.of(session)),
          timeline: readSessionTimeline(session, most.cells),
          sandbox: await readSandboxRecord(session, most.refusals),
        }),
      );
    });

    app.get('/replique/usage', page, (request, reply) => {
      const { days } = query.parse(request.query);
      const since = new Date().setHours(0, 0, 0, 0) - (days - 1) * dayMs;
      const view = withUsage((usage) => ({
        days,
        byDay: usage.by('day', since, most.rows),
        byModel: usage.by('model', since, most.rows),
        byNotebook: usage.by('notebook', since, most.rows),
      }));
      return show(reply, usagePage(view));
    });

    let running: Promise<CheckReport | { readonly problem: string }> | undefined;
    app.get('/replique/check', page, (request, reply) =>
      show(reply, checkPage(actionOf(baseUrl, request, reply), undefined)),
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
        return show(reply, checkPage(actionOf(baseUrl, request, reply), await running));
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

/** @throws HttpError 503 where the record of what was used can't be read now */
function withUsage<T>(read: (usage: UsageReader) => T): T {
  let usage: UsageReader | undefined;
  try {
    usage = new UsageReader();
    return read(usage);
  } catch (error) {
    throw new HttpError(503, `The record of what was used can’t be read: ${(error as Error).message}`);
  } finally {
    usage?.close();
  }
}
