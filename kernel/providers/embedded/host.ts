import { chmodSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Engine } from './engine.ts';
import { hostServer } from './host-server.ts';
import { loadLlama } from './llama.ts';

/**
 * The model host: one process of a user that holds the model for all kernels. Started by client.ts; it says `ready` on
 * stdout once it listens, logs to stderr, and leaves when nobody asked for anything for a while.
 */

const { values } = parseArgs({
  options: {
    socket: { type: 'string' },
    runtime: { type: 'string' },
    'idle-ms': { type: 'string', default: '600000' },
    threads: { type: 'string', default: '0' },
  },
});
const { socket, runtime } = values;
if (socket === undefined || runtime === undefined) throw new Error('--socket and --runtime are needed');

const mostLines = 1000;
let lines = 0;
const log = (line: string): void => {
  lines += 1;
  if (lines <= mostLines) process.stderr.write(`${new Date().toISOString()} [${process.pid}] ${line}\n`);
};

const threads = Number(values.threads);
const engine = new Engine(() => loadLlama(runtime, threads, log), threads);

let leaving = false;
const leave = (why: string): void => {
  if (leaving) return;
  leaving = true;
  log(`leaving: ${why}`);
  server.close();
  setTimeout(() => process.exit(0), 2000).unref();
  engine.dispose().then(
    () => process.exit(0),
    () => process.exit(0),
  );
};

const server = hostServer({
  engine,
  idleMs: Number(values['idle-ms']),
  log,
  onIdle: () => leave('nothing to do'),
});
server.on('error', (error) => {
  log(`can't listen: ${error.message}`);
  process.exitCode = 1;
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => leave(signal));

const mask = process.umask(0o177);
server.listen(socket, () => {
  process.umask(mask);
  chmodSync(socket, 0o600);
  log('listening');
  process.stdout.end('ready\n');
});
