import { createServer } from 'node:net';
import { repliqueError } from '../../../kernel/errors.ts';

const FIRST = 8888;
const TRIED = 100;

/**
 * The port to serve on: the wanted one, or from 8888 on the first that is free.
 * @throws RepliqueError PORT_IN_USE if the wanted one, or every one that was tried, is taken
 */
export async function choosePort(wanted?: string): Promise<number> {
  if (wanted !== undefined) {
    const port = Number(wanted);
    const valid = /^\d+$/.test(wanted) && port >= 1 && port <= 65_535;
    if (!valid)
      throw repliqueError('SETUP_FAILED', {
        sentence: `"${wanted}" is not a port.`,
        remedy: 'Name one from 1 to 65535.',
      });
    const problem = await problemOf(port);
    if (problem === undefined) return port;
    if (problem === 'EADDRINUSE') throw repliqueError('PORT_IN_USE', { address: `localhost:${port}` });
    throw repliqueError('SETUP_FAILED', {
      sentence: `Port ${port} can't be used: ${problem}.`,
      remedy: 'Name one from 1024 to 65535, which needs no rights.',
    });
  }
  for (let port = FIRST; port < FIRST + TRIED; port += 1) {
    if ((await problemOf(port)) === undefined) return port;
  }
  throw repliqueError('PORT_IN_USE', { address: `localhost:${FIRST}–${FIRST + TRIED - 1}` });
}

/** The code of what keeps a server from that port; undefined: nothing. */
function problemOf(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
