import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { urlPath } from '../../http/base-url.ts';
import type { Resource } from '../../http/server.ts';
import { addFiles } from '../lab/files.ts';
import { pageConfig, type PageConfigOptions } from '../lab/page-config.ts';
import { pageRoute, sendPage } from '../lab/page.ts';
import { readText } from '../lab/read-json.ts';

/** What Notebook's pages need besides JupyterLab's. */
export interface NotebookOptions extends PageConfigOptions {
  /** What there is at a path of the API. @throws HttpError 404 */
  readonly kindOf: (path: string) => Promise<string>;
}

/** The pages of Notebook 7, as they are called in it and in their addresses. */
const pages = ['tree', 'notebooks', 'edit', 'consoles', 'terminals'] as const;
type PageName = (typeof pages)[number];
type Answer = FastifyReply | Promise<FastifyReply | string>;

/** Notebook 7's pages where it is installed; else JupyterLab in their place. */
export function notebookResource(options: NotebookOptions): Resource {
  return ({ app }) => {
    const { notebook } = options.places;
    if (notebook === undefined) addRedirects(app, options.baseUrl);
    else addPages(app, notebook, options);
  };
}

function addRedirects(app: FastifyInstance, baseUrl: string): void {
  for (const name of ['tree', 'notebooks', 'edit'] as const) {
    addPaths(app, name, (path, request, reply) => {
      const place = path === '' ? ['lab'] : ['lab', 'tree', ...path.split('/')];
      return reply.redirect(urlPath(baseUrl, ...place) + queryOf(request), 302);
    });
  }
}

function addPages(app: FastifyInstance, notebook: string, options: NotebookOptions): void {
  const { baseUrl, places, kindOf, icon } = options;
  const show = async (name: PageName, path: string, reply: FastifyReply): Promise<string> => {
    const config = async () => ({
      ...(await pageConfig(options)),
      ...{ appName: 'Jupyter Notebook', appNamespace: 'notebook', appVersion: await versionOf(notebook) },
      ...{ fullStaticUrl: `${baseUrl}static/notebook`, frontendUrl: baseUrl, notebookPage: name },
      ...(name === 'tree' ? { treePath: path } : {}),
    });
    const directory = join(notebook, 'templates');
    return sendPage(reply, { directory, template: `${name}.html`, config, customCss: true });
  };
  const elsewhere = (reply: FastifyReply, place: string, path: string, query: string): FastifyReply =>
    reply.redirect(urlPath(baseUrl, place, ...path.split('/').filter(Boolean)) + query, 302);
  const answers: Readonly<
    Partial<Record<PageName, (path: string, query: string, reply: FastifyReply) => Answer>>
  > = {
    tree: async (path, query, reply) => {
      const kind = await kindOf(path);
      if (kind === 'directory') return show('tree', path, reply);
      return elsewhere(reply, kind === 'notebook' ? 'notebooks' : 'files', path, query);
    },
    notebooks: async (path, query, reply) => {
      const kind = await kindOf(path).catch(() => 'nothing'); // the page itself says so
      if (kind === 'directory') return elsewhere(reply, 'tree', path, query);
      return show('notebooks', path, reply);
    },
  };
  for (const name of pages) {
    addPaths(app, name, (path, request, reply) => {
      const answer = answers[name];
      return answer ? answer(path, queryOf(request), reply) : show(name, path, reply);
    });
  }
  app.get('/custom/custom.css', async (_request, reply) => {
    void reply.type('text/css; charset=utf-8');
    return (await readText(places.customCss)) ?? '';
  });
  app.get('/static/notebook/favicons/:name', async (_request, reply) =>
    reply.type('image/png').send(await readFile(icon)),
  );
  addFiles(app, '/static/notebook/', [join(notebook, 'static')]);
}

/** A page with and without a path behind its name. */
function addPaths(
  app: FastifyInstance,
  name: PageName,
  answer: (path: string, request: FastifyRequest, reply: FastifyReply) => Answer,
): void {
  app.get(`/${name}`, pageRoute, (request, reply) => answer('', request, reply));
  app.get<{ Params: { '*': string } }>(`/${name}/*`, pageRoute, (request, reply) =>
    answer(request.params['*'].replace(/\/+$/, ''), request, reply),
  );
}

function queryOf({ url }: FastifyRequest): string {
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark);
}

async function versionOf(notebook: string): Promise<string> {
  const text = await readText(join(notebook, '_version.py'));
  return /^__version__ = "([^"]+)"/m.exec(text ?? '')?.[1] ?? '';
}
