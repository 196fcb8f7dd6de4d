import { join } from 'node:path';
import type { FastifyReply } from 'fastify';
import { HttpError } from '../../http/errors.ts';
import type { PageConfig } from './page-config.ts';
import { readText } from './read-json.ts';
import { renderPage } from './template.ts';

/** As jupyter_server has it: JupyterLab and what kernels show need script and styles that are made on the way. */
const policy = "frame-ancestors 'self'; object-src 'none'; base-uri 'self'";

/** Of a route: who has not logged in is led to the login. */
export const pageRoute = { config: { access: 'page' } } as const;

/** A page of JupyterLab or Notebook. */
export interface Page {
  /** The directory of its template. */
  readonly directory: string;
  readonly template: string;
  readonly config: () => Promise<PageConfig>;
  /** Whether it has the user's `custom.css`. */
  readonly customCss: boolean;
}

/** @throws HttpError 404 where there is no such template */
export async function sendPage(reply: FastifyReply, page: Page): Promise<string> {
  const template = await readText(join(page.directory, page.template));
  if (template === undefined) throw new HttpError(404, `There is no ${page.template} in ${page.directory}.`);
  const html = renderPage(template, await page.config(), page.customCss);
  void reply.type('text/html; charset=utf-8').header('content-security-policy', policy);
  return html;
}
