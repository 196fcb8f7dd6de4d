/** A server below a path: its routes are written without that path. */

/** A path that no route has. */
const outside = '/.outside';

/**
 * Takes the base from a request's URL. It may come encoded in another way than it is configured (`/a@b/`, `/a%40b/`).
 * @param base between slashes
 */
export function withoutBase(url: string, base: string): string {
  const target = url.startsWith('/') ? url : pathOfAbsolute(url);
  if (base === '/') return target;
  const [path = '', ...query] = target.split('?');
  const suffix = query.length === 0 ? '' : `?${query.join('?')}`;
  const wanted = segments(base);
  const given = path.split('/').slice(1);
  const inside = wanted.every((segment, index) => decoded(given[index]) === segment);
  if (!inside) return outside + suffix;
  return `/${given.slice(wanted.length).join('/')}${suffix}`;
}

/** A URL without its query. */
export const pathOf = (url: string): string => url.replace(/\?.*$/s, '');

export const isOutside = (url: string): boolean => pathOf(url) === outside;

/** A path of this server as clients see it; each part is encoded. */
export function urlPath(base: string, ...parts: readonly string[]): string {
  return base + parts.map(encodeURIComponent).join('/');
}

const segments = (base: string): readonly (string | undefined)[] => base.split('/').slice(1, -1).map(decoded);

function decoded(segment: string | undefined): string | undefined {
  if (segment === undefined) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** A proxy's form of a request names scheme and host, too. */
function pathOfAbsolute(url: string): string {
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    return outside;
  }
}
