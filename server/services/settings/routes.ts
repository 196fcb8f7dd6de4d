import { z } from 'zod';
import { HttpError } from '../../http/errors.ts';
import type { Resource } from '../../http/server.ts';
import { isPluginId, type PluginSchema, type PluginSchemas } from './schemas.ts';
import type { SettingsStore } from './user-settings.ts';

const path = '/lab/api/settings';
const change = z.object({ raw: z.string().max(2 ** 20) });

/** What plugins of JupyterLab are set to. */
export function settingsResource(schemas: PluginSchemas, store: SettingsStore): Resource {
  const model = async (plugin: PluginSchema): Promise<unknown> => ({
    ...plugin,
    ...(await store.get(plugin)),
  });
  const plugin = async (id: string): Promise<PluginSchema> => {
    const found = isPluginId(id) ? await schemas.get(id) : undefined;
    if (found === undefined) throw new HttpError(404, `There is no plugin ${id.slice(0, 300)}.`);
    return found;
  };
  return ({ app }) => {
    const list = async (idsOnly: boolean): Promise<unknown> => {
      if (idsOnly) return { settings: (await schemas.ids()).map((id) => ({ id })) };
      return { settings: await Promise.all((await schemas.all()).map(model)) };
    };
    app.get<{ Querystring: { ids_only?: string } }>(path, ({ query }) => list(query.ids_only === 'true'));
    app.get<{ Params: { '*': string }; Querystring: { ids_only?: string } }>(
      `${path}/*`,
      async ({ params, query }) =>
        params['*'] === '' ? list(query.ids_only === 'true') : model(await plugin(params['*'])),
    );
    app.put<{ Params: { '*': string } }>(`${path}/*`, async ({ params, body }, reply) => {
      const found = await plugin(params['*']);
      const parsed = change.safeParse(body);
      if (!parsed.success) throw new HttpError(400, 'Settings come as {"raw": TEXT}.');
      try {
        store.check(parsed.data.raw, found);
      } catch (error) {
        throw new HttpError(400, `These settings don't fit: ${(error as Error).message}.`);
      }
      await store.save(found, parsed.data.raw);
      return reply.code(204).send();
    });
  };
}
