import type { FastifyInstance } from 'fastify';
import { pathOf } from './base-url.ts';
import { HttpError } from './errors.ts';

/** What is said where no route is: another method that there is, a slash too many, or nothing. */
export function addFallback(app: FastifyInstance): void {
  const methods = new Map<string, { readonly matches: RegExp; readonly names: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? { matches: patternOf(url), names: new Set<string>() };
    for (const name of [method].flat()) known.names.add(name);
    methods.set(url, known);
  });
  app.addHook('onRequest', (request, reply, done) => {
    const { url = '' } = request.routeOptions;
    const [path = '', ...query] = request.originalUrl.split('?');
    const slashed = /[^/]\/+$/.test(pathOf(request.url));
    if (request.method !== 'GET' || !slashed || /[/*]$/.test(url)) {
      done();
      return;
    }
    const rest = query.length === 0 ? '' : `?${query.join('?')}`;
    void reply.redirect(`/${path.replace(/^\/+|\/+$/g, '')}${rest}`, 302);
  });
  app.setNotFoundHandler((request) => {
    const own = pathOf(request.url);
    const found = [...methods.values()].filter(({ matches }) => matches.test(own));
    if (found.length === 0) throw new HttpError(404, 'Not Found');
    const allow = [...new Set(found.flatMap(({ names }) => [...names]))].join(', ');
    throw new HttpError(405, 'Method Not Allowed', null, { allow });
  });
}

/** `:name` and `*` of a route; a parameter's own pattern counts as any. */
function patternOf(url: string): RegExp {
  const parts = url
    .split('/')
    .map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : part.replace(/\W/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}
