import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isOutside, urlPath } from '../base-url.ts';
import { HttpError } from '../errors.ts';
import type { Access } from './access.ts';
import { parseCookies } from './cookies.ts';
import type { Visit } from './gate.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who has shown nothing gets 403 (`api`, where nothing is said), the login (`page`), or what they ask for (`public`). */
    readonly access?: 'api' | 'page' | 'public';
  }
}

/** What the gate looks at, of a request. */
export function visitOf({ method, headers, url }: Pick<FastifyRequest, 'method' | 'headers' | 'url'>): Visit {
  const mark = url.indexOf('?');
  return { method, headers, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

/** Lets nobody in who has not shown who they are, wherever a route does not say otherwise. */
export function addAccess(app: FastifyInstance, access: Access, baseUrl: string): void {
  const { gate } = access;
  app.addHook('onRequest', (request, reply, done) => {
    const visit = visitOf(request);
    gate.checkHost(visit);
    if (isOutside(request.url)) throw new HttpError(404, 'Not Found');
    const kind = request.routeOptions.config.access ?? 'api';
    const visitor = kind === 'public' ? 'public' : gate.visitor(visit);
    if (visitor === undefined) {
      if (kind === 'api') throw new HttpError(403, 'Forbidden');
      const query = `?next=${encodeURIComponent(request.originalUrl)}`;
      void reply.redirect(urlPath(baseUrl, 'login') + query, 302);
      return;
    }
    if (visitor !== 'public') {
      gate.checkSource(visit, visitor);
      const hasToken = visit.query.has('token');
      const cookies =
        kind === 'page' || hasToken
          ? cookiesFor(request, access, { login: visitor === 'token' && hasToken })
          : [];
      if (cookies.length > 0) void reply.header('set-cookie', cookies);
    }
    done();
  });
}

/**
 * A browser that came with the token in its address goes on with cookies: it can't add a header to all that it loads. Its
 * `_xsrf` stays as long as it is good, for pages in other tabs have it.
 */
function cookiesFor(
  request: FastifyRequest,
  { cookies }: Access,
  { login }: { readonly login: boolean },
): string[] {
  const known = cookies.xsrfOf(parseCookies(request.headers.cookie)) !== undefined;
  return [...(login ? [cookies.login(request.host)] : []), ...(known ? [] : [cookies.newXsrf().cookie])];
}
