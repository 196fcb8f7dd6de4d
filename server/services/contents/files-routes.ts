import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { attachment } from '../../http/attachment.ts';
import { HttpError } from '../../http/errors.ts';
import type { Resource } from '../../http/server.ts';
import type { ContentsManager, OpenedFile } from './manager.ts';
import { mimeTypeOf } from './mime-type.ts';
import { rangeOf } from './range.ts';

const params = z.object({ '*': z.string() });
const query = z.object({ download: z.string().optional().catch(undefined) });

/** A page among the files runs its scripts in an origin of its own: it can't act as its user here. */
const policy = "frame-ancestors 'self'; sandbox allow-scripts";

/** `/files/PATH`: a file as it is, also parts of it. */
export const filesRoutes =
  (manager: ContentsManager): Resource =>
  ({ app }) => {
    const find = (request: FastifyRequest): Promise<OpenedFile> =>
      manager.open(params.parse(request.params)['*']);
    app.get('/files/*', { exposeHeadRoute: false }, async (request, reply) => {
      const file = await find(request);
      try {
        if (describe(request, reply, file) === 'unchanged') return await closed(file, reply.code(304).send());
        const part = partOf(request, reply, file);
        if (part.length === 0) return await closed(file, reply.send(''));
        const { start, length } = part;
        return await reply.send(file.handle.createReadStream({ start, end: start + length - 1 }));
      } catch (error) {
        await file.handle.close();
        throw error;
      }
    });
    app.head('/files/*', async (request, reply) => {
      const file = await find(request);
      await file.handle.close();
      if (describe(request, reply, file) === 'unchanged') return reply.code(304).send();
      partOf(request, reply, file);
      return reply.send();
    });
  };

async function closed(file: OpenedFile, reply: FastifyReply): Promise<FastifyReply> {
  await file.handle.close();
  return reply;
}

/** Sets what is said of a file before it comes. */
function describe(request: FastifyRequest, reply: FastifyReply, file: OpenedFile): 'unchanged' | 'changed' {
  const { name, status } = file;
  const etag = etagOf(file);
  void reply
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-cache')
    .header('accept-ranges', 'bytes')
    .header('last-modified', status.mtime.toUTCString())
    .header('etag', etag);
  if (name.endsWith('.ipynb') || query.parse(request.query).download) {
    void reply.header('content-disposition', attachment(name));
  }
  void reply.type(contentType(name));
  const known = request.headers['if-none-match'];
  if (known !== undefined) return isAmong(known, etag) ? 'unchanged' : 'changed';
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return Math.floor(status.mtimeMs / 1000) * 1000 <= since ? 'unchanged' : 'changed';
}

/**
 * The part that is asked for: all of it, where no part is or the file is another one by now.
 * @throws HttpError 416
 */
function partOf(
  request: FastifyRequest,
  reply: FastifyReply,
  file: OpenedFile,
): { start: number; length: number } {
  const { size } = file.status;
  const { range: asked, 'if-range': only } = request.headers;
  const isSame = only === undefined || only === etagOf(file) || only === file.status.mtime.toUTCString();
  const range = asked !== undefined && isSame ? rangeOf(asked, size) : undefined;
  if (range === 'unsatisfiable') {
    void reply.header('content-range', `bytes */${size}`);
    throw new HttpError(416, `The file has ${size} bytes.`);
  }
  const { start, length } = range ?? { start: 0, length: size };
  if (range !== undefined) {
    void reply.code(206).header('content-range', `bytes ${start}-${start + length - 1}/${size}`);
  }
  void reply.header('content-length', length);
  return { start, length };
}

const etagOf = ({ status: { ino, size, mtimeMs } }: OpenedFile): string =>
  `"${ino.toString(36)}-${size.toString(36)}-${Math.round(mtimeMs * 1000).toString(36)}"`;

const isAmong = (known: string, etag: string): boolean =>
  known.trim() === '*' || known.split(',').some((each) => each.trim().replace(/^W\//, '') === etag);

function contentType(name: string): string {
  if (name.endsWith('.ipynb')) return 'application/x-ipynb+json';
  const type = mimeTypeOf(name) ?? 'application/octet-stream';
  return type === 'text/plain' ? 'text/plain; charset=UTF-8' : type;
}
