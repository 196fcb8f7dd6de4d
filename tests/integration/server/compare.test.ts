import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JupyterServer } from '../../support/jupyter-server.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

/** What a server answered: status, and names of the keys with the types of their values. */
interface Answer {
  readonly status: number;
  readonly shape: unknown;
  readonly location: boolean;
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Response>;

/** Types instead of values; of lists the first, of kernels the names that both servers have. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([key, inner]) => [key, shapeOf(inner)]),
  );
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  let shape: unknown = text === '' ? '' : 'text';
  try {
    if (text !== '') shape = shapeOf(JSON.parse(text));
  } catch {
    // It is no JSON, which is what is compared.
  }
  return { status: response.status, shape, location: response.headers.has('location') };
}

describe('the same requests to jupyter_server and to Replique’s server', { timeout: 90_000 }, () => {
  let ours: RepliqueServer;
  let theirs: JupyterServer;
  let both: readonly Ask[];
  beforeAll(async () => {
    theirs = await JupyterServer.start([]);
    ours = await RepliqueServer.start();
    const [origin, token] = [theirs.origin, theirs.token];
    both = [
      (method, path, body) =>
        fetch(`${origin}/${path}`, {
          ...{ method, redirect: 'manual', headers: { authorization: `token ${token}` } },
          ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        }),
      (method, path, body) =>
        ours.request(path, {
          method,
          ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        }),
    ];
  }, 120_000);
  afterAll(async () => {
    await ours.close();
    await theirs.close();
  });

  async function same(method: string, path: string, body?: unknown): Promise<Answer> {
    const [theirAnswer, ourAnswer] = await Promise.all(
      both.map(async (ask) => answerOf(await ask(method, path, body))),
    );
    expect({ method, path, ...ourAnswer }).toEqual({ method, path, ...theirAnswer });
    return ourAnswer!;
  }

  const absent = randomUUID();
  it.each([
    ['GET', 'api'],
    ['GET', 'api/status'],
    ['GET', 'api/kernels'],
    ['GET', 'api/sessions'],
    ['GET', 'api/kernels?1700000000000'],
    ['GET', 'api/kernelspecs/python3'],
    ['GET', 'api/kernelspecs/nonesuch'],
    ['GET', `api/kernels/${absent}`],
    ['DELETE', `api/kernels/${absent}`],
    ['POST', `api/kernels/${absent}/interrupt`],
    ['GET', `api/sessions/${absent}`],
    ['PATCH', `api/sessions/${absent}`, { name: 'x' }],
    ['DELETE', `api/sessions/${absent}`],
    ['POST', 'api/sessions', '{'],
    ['POST', 'api/sessions', { type: 'notebook' }],
    ['POST', 'api/sessions', { path: 'x' }],
    ['POST', 'api/sessions', { path: 'x', type: 'notebook', kernel: { name: 'nonesuch' } }],
    ['GET', 'api/config/notebook'],
    ['PATCH', 'api/config/notebook', { a: { b: 1 } }],
    ['GET', 'api/config/notebook'],
    ['PATCH', 'api/config/notebook', { a: null }],
    ['PUT', 'api/config/notebook', { c: 1 }],
    ['PUT', 'api/kernels'],
    ['GET', 'api/kernels/'],
  ] as const)('%s %s', async (...[method, path, body]) => {
    await same(method, path, body);
  });

  it('what is nowhere; ours says so in JSON there, too', async () => {
    for (const path of ['nowhere', 'kernelspecs/python3/nowhere.png']) {
      const answers = await Promise.all(both.map(async (ask) => answerOf(await ask('GET', path))));
      expect(answers.map(({ status }) => status)).toEqual([404, 404]);
      expect(answers[1]?.shape).toEqual({ message: 'string', reason: 'null' });
    }
  });

  it('who one is', async () => {
    const [theirIdentity, ourIdentity] = await Promise.all(
      both.map(
        async (ask) =>
          (await (await ask('GET', 'api/me?permissions={"contents":["read"]}')).json()) as object,
      ),
    );
    expect(Object.keys(shapeOf(ourIdentity) as object)).toEqual(
      Object.keys(shapeOf(theirIdentity) as object),
    );
    expect(ourIdentity).toMatchObject({ permissions: { contents: ['read'] } });
    await same('GET', 'api/me?permissions=nonsense');
  });

  it('a kernel from its start to its end', async () => {
    const ids = await Promise.all(
      both.map(async (ask) => {
        const response = await ask('POST', 'api/kernels', { name: 'python3' });
        expect([response.status, response.headers.has('location')]).toEqual([201, true]);
        return ((await response.json()) as { id: string }).id;
      }),
    );
    const each = async (method: string, rest = '', body?: unknown): Promise<void> => {
      const [theirAnswer, ourAnswer] = await Promise.all(
        both.map(async (ask, index) =>
          answerOf(await ask(method, `api/kernels/${ids[index]!}${rest}`, body)),
        ),
      );
      expect({ method, rest, ...ourAnswer }).toEqual({ method, rest, ...theirAnswer });
    };
    await each('GET');
    await each('POST', '/restart', {});
    await each('POST', '/interrupt');
    await each('DELETE');
    await each('GET');
  });

  it('a session: begun, found again, changed, ended', async () => {
    const path = randomUUID();
    const begin = { path, name: '', type: 'notebook', kernel: { name: 'python3' } };
    const first = await Promise.all(both.map((ask) => ask('POST', 'api/sessions', begin)));
    const models = (await Promise.all(first.map((response) => response.json()))) as {
      id: string;
      kernel: { id: string };
    }[];
    expect(shapeOf(models[1])).toEqual(shapeOf(models[0]));
    const each = async (method: string, rest: string, body?: unknown): Promise<readonly unknown[]> => {
      const answers = await Promise.all(
        both.map(async (ask, index) => {
          const response = await ask(
            method,
            `api/sessions${rest === '' ? `/${models[index]!.id}` : ''}`,
            body,
          );
          const copy = response.clone();
          return { answer: await answerOf(response), body: method === 'DELETE' ? {} : await copy.json() };
        }),
      );
      expect({ method, ...answers[1]!.answer }).toEqual({ method, ...answers[0]!.answer });
      return answers.map((each) => each.body);
    };
    const again = await each('POST', 'all', begin);
    expect(again.map((model) => (model as { id: string }).id)).toEqual(models.map(({ id }) => id));
    await Promise.all([each('PATCH', '', { path: 'a.ipynb' }), each('PATCH', '', { name: 'a.ipynb' })]);
    const changed = await each('GET', '');
    for (const model of changed) expect(model).toMatchObject({ path: 'a.ipynb', name: 'a.ipynb' });
    await each('PATCH', '', { kernel: { id: randomUUID() } });
    await each('PATCH', '', { kernel: { name: 'nonesuch' } });
    await each('PATCH', '', { kernel: { name: 'python3' } });
    await each('DELETE', '');
    await each('GET', '');
  });
});
