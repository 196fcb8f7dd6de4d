import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { urlPath } from '../../http/base-url.ts';
import { HttpError } from '../../http/errors.ts';
import { parseBody, problemsOf } from '../../http/json.ts';
import type { Resource } from '../../http/server.ts';
import { getQuery, newBody, renameBody, saveBody } from './bodies.ts';
import { filesRoutes } from './files-routes.ts';
import type { ContentsManager } from './manager.ts';
import { modelBytes, type ContentsModel } from './model.ts';

/** JSON of a notebook that may be saved, and of a file in base64. Larger ones are uploaded in pieces. */
const mostSaved = 256 * 2 ** 20;

const wildcard = z.object({ '*': z.string() });

/** What a request is about: a file, its checkpoints, one of these, or its being trusted. */
interface Target {
  readonly path: string;
  readonly part: 'file' | 'checkpoints' | 'trust';
  readonly checkpoint?: string;
}

/** `/api/contents/PATH` with `/checkpoints[/ID]` and `/trust`, and `/files/PATH` */
export const contentsRoutes =
  (manager: ContentsManager, baseUrl: string): Resource =>
  (server) => {
    const { app } = server;
    const answer = (
      reply: FastifyReply,
      status: number,
      model: ContentsModel,
      located = true,
    ): FastifyReply => {
      const date = new Date(model.last_modified).toUTCString();
      void reply.code(status).header('last-modified', date);
      if (located) void reply.header('location', location(model.path));
      const pieces = modelBytes(model);
      void reply.type('application/json; charset=utf-8');
      if (pieces.length === 1) return reply.send(pieces[0]);
      const length = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
      return reply.header('content-length', length).send(Readable.from(pieces));
    };
    const location = (path: string, ...more: readonly string[]): string =>
      urlPath(baseUrl, 'api', 'contents', ...path.split('/').filter(Boolean), ...more);

    const get = async (request: FastifyRequest, reply: FastifyReply) => {
      const { path, part, checkpoint } = await targetOf(request, manager);
      if (checkpoint !== undefined || part === 'trust') throw notAllowed();
      if (part === 'checkpoints') return reply.send(await manager.listCheckpoints(path));
      const { content, hash, ...rest } = query(request);
      const options = { ...rest, content: content === '1', hash: hash === '1' };
      return answer(reply, 200, await manager.get(path, options), false);
    };
    const post = async (request: FastifyRequest, reply: FastifyReply) => {
      const { path, part, checkpoint } = await targetOf(request, manager);
      if (part === 'trust') {
        await manager.trust(path);
        return reply.code(201).send();
      }
      if (checkpoint !== undefined) {
        await manager.restoreCheckpoint(path, checkpoint);
        return reply.code(204).send();
      }
      if (part === 'checkpoints') {
        const made = await manager.createCheckpoint(path);
        void reply.header('location', location(path, 'checkpoints', made.id));
        return reply.code(201).send(made);
      }
      if (await manager.isFile(path)) throw new HttpError(400, 'Cannot POST to files, use PUT instead.');
      const body = parseBody(newBody, request.body);
      const made = body.copy_from
        ? await manager.copy(body.copy_from, path)
        : await manager.create(path, body);
      return answer(reply, 201, made);
    };
    const put = async (request: FastifyRequest, reply: FastifyReply) => {
      const path = await fileOf(request, manager);
      if (isEmpty(request.body))
        return answer(reply, 201, await manager.create(path, parseBody(newBody, {})));
      const body = parseBody(saveBody, request.body);
      if (body.copy_from) throw new HttpError(400, 'Cannot copy with PUT, only POST');
      const { model, isNew } = await manager.save(path, body);
      return answer(reply, isNew ? 201 : 200, model);
    };
    const patch = async (request: FastifyRequest, reply: FastifyReply) => {
      const path = await fileOf(request, manager);
      if (isEmpty(request.body)) throw new HttpError(400, 'JSON body missing');
      const { path: newPath } = parseBody(renameBody, request.body);
      return answer(reply, 200, await manager.rename(path, newPath ?? path));
    };
    const remove = async (request: FastifyRequest, reply: FastifyReply) => {
      const { path, part, checkpoint } = await targetOf(request, manager);
      if (checkpoint !== undefined) await manager.deleteCheckpoint(path, checkpoint);
      else if (part !== 'file') throw notAllowed();
      else await manager.delete(path);
      return reply.code(204).send();
    };
    for (const url of ['/api/contents', '/api/contents/*']) {
      app.get(url, get);
      app.post(url, post);
      app.put(url, { bodyLimit: mostSaved }, put);
      app.patch(url, patch);
      app.delete(url, remove);
    }
    filesRoutes(manager)(server);
  };

const pathOf = (request: FastifyRequest): string => wildcard.partial().parse(request.params)['*'] ?? '';

/**
 * A directory may be called `checkpoints`, and what lies in a directory is meant by such a path; only files have checkpoints.
 */
async function targetOf(request: FastifyRequest, manager: ContentsManager): Promise<Target> {
  const path = pathOf(request);
  const { groups } = /^(?<file>.*?)\/checkpoints(?:\/(?<id>[\w-]+))?$/s.exec(path) ?? {};
  const { file, id } = groups ?? {};
  if (file !== undefined && !(await manager.isDirectory(file))) {
    return { path: file, part: 'checkpoints', ...(id === undefined ? {} : { checkpoint: id }) };
  }
  const trusted = /^(.+)\/trust$/s.exec(path)?.[1];
  if (trusted !== undefined && (await manager.isFile(trusted))) return { path: trusted, part: 'trust' };
  return { path, part: 'file' };
}

async function fileOf(request: FastifyRequest, manager: ContentsManager): Promise<string> {
  const { path, part } = await targetOf(request, manager);
  if (part !== 'file') throw notAllowed();
  return path;
}

/** @throws HttpError 400 */
function query(request: FastifyRequest): z.infer<typeof getQuery> {
  const parsed = getQuery.safeParse(request.query);
  if (parsed.success) return parsed.data;
  throw new HttpError(400, problemsOf(parsed.error).join('; '));
}

const notAllowed = (): HttpError => new HttpError(405, 'Method Not Allowed');

const isEmpty = (body: unknown): boolean => body === undefined || body === null;
