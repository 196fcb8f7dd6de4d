import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from '../../http/errors.ts';
import type { Resource } from '../../http/server.ts';
import { addFiles } from './files.ts';
import { pageConfig, type PageConfigOptions } from './page-config.ts';
import { pageRoute as page, sendPage } from './page.ts';

const workspaceName = /^[a-zA-Z0-9_-]{1,200}$/;

/** JupyterLab's pages and files. */
export function labResource(options: PageConfigOptions): Resource {
  const { places, baseUrl } = options;
  return ({ app }) => {
    const show = async (
      { mode, workspace = 'default', treePath = '' }: { mode: string; workspace?: string; treePath?: string },
      reply: FastifyReply,
    ): Promise<string> => {
      if (!workspaceName.test(workspace)) throw new HttpError(404, 'There is no such page.');
      const config = async () => ({ ...(await pageConfig(options)), mode, workspace, treePath });
      const directory = join(places.app, 'static');
      return sendPage(reply, { directory, template: 'index.html', config, customCss: false });
    };
    const home = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
      reply.redirect(`${baseUrl}lab?${request.url.split('?').slice(1).join('?')}`);
    app.get('/', page, home);
    for (const [prefix, mode] of [
      ['/lab', 'multiple-document'],
      ['/doc', 'single-document'],
    ] as const) {
      app.get(prefix, page, (_request, reply) => show({ mode }, reply));
      app.get<{ Params: { '*': string } }>(`${prefix}/tree/*`, page, ({ params }, reply) =>
        show({ mode, treePath: params['*'] }, reply),
      );
      app.get<{ Params: { workspace: string } }>(
        `${prefix}/workspaces/:workspace`,
        page,
        ({ params }, reply) => show({ mode, ...params }, reply),
      );
      app.get<{ Params: { workspace: string; '*': string } }>(
        `${prefix}/workspaces/:workspace/tree/*`,
        page,
        ({ params }, reply) => show({ mode, workspace: params.workspace, treePath: params['*'] }, reply),
      );
    }
    app.get('/static/favicons/:name', async (_request, reply) => {
      void reply.type('image/png').header('cache-control', 'private, max-age=86400');
      return reply.send(await readFile(options.icon));
    });
    addFiles(app, '/static/lab/', [join(places.app, 'static')]);
    addFiles(app, '/lab/extensions/', places.extensions);
  };
}
