import { HttpError } from '../../http/errors.ts';
import type { Resource } from '../../http/server.ts';
import { workspaceSchema, type WorkspaceStore } from './store.ts';

const longestName = 1000;
const path = '/lab/api/workspaces';

/** The page's layouts. */
export function workspacesResource(store: WorkspaceStore): Resource {
  return ({ app }) => {
    const list = async (): Promise<unknown> => {
      const values = await store.list();
      return { workspaces: { ids: values.map(({ metadata }) => metadata.id), values } };
    };
    app.get(path, list);
    app.get<{ Params: { '*': string } }>(`${path}/*`, ({ params }) =>
      params['*'] === '' ? list() : store.load(nameIn(params)),
    );
    app.put<{ Params: { '*': string } }>(`${path}/*`, async ({ params, body }, reply) => {
      const name = nameIn(params);
      const parsed = workspaceSchema.safeParse(body);
      if (!parsed.success) throw new HttpError(400, 'A workspace has `data` and `metadata.id`.');
      const id = decoded(parsed.data.metadata.id).replace(/^\//, '');
      if (id !== name) throw new HttpError(400, `The workspace's id is ${id}, its address ${name}.`);
      await store.save(name, parsed.data);
      return reply.code(204).send();
    });
    app.delete<{ Params: { '*': string } }>(`${path}/*`, async ({ params }, reply) => {
      const name = nameIn(params);
      if (!(await store.remove(name))) throw new HttpError(404, `There is no workspace ${name}.`);
      return reply.code(204).send();
    });
  };
}

function nameIn(params: { '*': string }): string {
  const name = params['*'].replace(/^\//, '');
  if (name === '' || name.length > longestName) throw new HttpError(400, 'A workspace needs a name.');
  return name;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
