import { z } from 'zod';
import { attachment } from '../../http/attachment.ts';
import { HttpError } from '../../http/errors.ts';
import type { Resource } from '../../http/server.ts';
import type { ContentsModel } from '../contents/model.ts';
import { formats, type Converter, type Format } from './converter.ts';

/** What comes of a notebook may hold its scripts: they run in an origin of their own, without cookies. */
const policy = "frame-ancestors 'self'; sandbox allow-scripts";
const query = z.object({ download: z.enum(['true', '1']).optional().catch(undefined) });

interface Options {
  /** Absent where no nbconvert is installed. */
  readonly converter: Converter | undefined;
  /** @throws HttpError 404 */
  readonly read: (path: string) => Promise<Pick<ContentsModel, 'name' | 'type' | 'content'>>;
}

/** `/api/nbconvert` and `/nbconvert/FORMAT/PATH`, as jupyter_server has them. */
export function nbconvertResource({ converter, read }: Options): Resource {
  return ({ app }) => {
    app.get('/api/nbconvert', () =>
      converter === undefined
        ? {}
        : Object.fromEntries(
            Object.entries(formats).map(([name, type]) => [name, { output_mimetype: type }]),
          ),
    );
    const route = { config: { access: 'page' } } as const;
    app.get<{ Params: { format: string; '*': string } }>(
      '/nbconvert/:format/*',
      route,
      async (request, reply) => {
        const { format, '*': path } = request.params;
        if (converter === undefined)
          throw new HttpError(
            404,
            'There is no nbconvert here. `replique lab` brings one; or put jupyter-nbconvert on the PATH and start again.',
          );
        if (!isFormat(format))
          throw new HttpError(
            404,
            `There is no export to ${format}: only to ${Object.keys(formats).join(', ')}.`,
          );
        const { name, type, content } = await read(path);
        if (type !== 'notebook') throw new HttpError(400, `${name} is not a notebook.`);
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        const stem = name.replace(/\.ipynb$/, '');
        const notebook = JSON.stringify(content);
        const { mimetype, extension, body } = await converter.convert(
          { format, name: stem, notebook },
          gone.signal,
        );
        void reply.header('content-security-policy', policy).type(mimetype);
        if (mimetype === 'application/zip' || query.parse(request.query).download)
          void reply.header('content-disposition', attachment(stem + extension));
        return reply.send(body);
      },
    );
  };
}

const isFormat = (name: string): name is Format => Object.hasOwn(formats, name);
