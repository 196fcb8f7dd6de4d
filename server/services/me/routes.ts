import { userInfo } from 'node:os';
import { z } from 'zod';
import { HttpError } from '../../http/errors.ts';
import { parseJson } from '../../http/json.ts';
import type { Resource } from '../../http/server.ts';

const asked = z.record(z.string(), z.array(z.string().max(200)).max(100));
const query = z.object({ permissions: z.string().max(10_000).default('') });

/** `GET /api/me`: the one user that there is, who may do everything. */
export const meRoutes: Resource = ({ app }) => {
  const name = accountName();
  const identity = {
    username: name,
    name,
    display_name: name,
    initials: name.slice(0, 1).toUpperCase(),
    avatar_url: null,
    color: null,
  };
  app.get('/api/me', (request) => {
    const { permissions } = query.parse(request.query);
    return { identity, permissions: { ...permitted(permissions), updatable_fields: [] } };
  });
};

/** @throws HttpError 400 */
function permitted(permissions: string): Readonly<Record<string, readonly string[]>> {
  if (permissions === '') return {};
  const parsed = asked.safeParse(parseJson(permissions));
  if (parsed.success) return parsed.data;
  throw new HttpError(400, 'permissions should be a JSON dict of {"resource": ["action",]}');
}

function accountName(): string {
  try {
    return userInfo().username || 'user';
  } catch {
    return 'user'; // the account has no name
  }
}
