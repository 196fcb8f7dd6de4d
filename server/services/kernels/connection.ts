import { createHash, randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories, notWritable, readRegularFile } from '../../../kernel/files.ts';
import { jupyterRuntimeDir } from '../../../kernel/paths.ts';
import {
  parseConnectionFile,
  portsOf,
  type ConnectionInfo,
} from '../../../kernel/protocol/connection-file.ts';
import { socketAddress } from '../../../kernel/protocol/addresses.ts';
import { freePorts } from './ports.ts';
import type { Launch } from './process.ts';

/** A connection file that was written, for its owner alone. */
export interface ConnectionFile {
  readonly path: string;
  readonly info: ConnectionInfo;
}

/**
 * Writes the connection file of a kernel, where `jupyter console --existing` finds it.
 * @throws RepliqueError NOT_WRITABLE
 */
export async function newConnection({ kernelId, kernelspec }: Launch): Promise<ConnectionFile> {
  const [shell = 0, control = 0, stdin = 0, iopub = 0, heartbeat = 0] = await freePorts(5);
  const info: ConnectionInfo = {
    transport: 'tcp',
    ip: '127.0.0.1',
    shell_port: shell,
    control_port: control,
    stdin_port: stdin,
    iopub_port: iopub,
    hb_port: heartbeat,
    key: randomBytes(32).toString('hex'),
    signature_scheme: 'hmac-sha256',
  };
  const directory = jupyterRuntimeDir();
  const path = join(directory, `kernel-${kernelId}.json`);
  makeDirectories(directory, 0o700);
  try {
    await rm(path, { force: true }); // a link there is not followed
    const text = JSON.stringify({ ...info, kernel_name: kernelspec.name }, null, 2);
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw notWritable(path, error as Error);
  }
  return { path, info };
}

/** No connection file is longer, in bytes. */
const mostBytes = 65_536;

/** By which the connection of a kernel is known again. */
export const connectionHash = ({ info }: Pick<ConnectionFile, 'info'>): string =>
  createHash('sha256')
    .update(JSON.stringify([socketAddress(info, 'shell'), portsOf(info), info.key]))
    .digest('hex');

/**
 * The connection of a kernel that a server has written down.
 * @throws Error where the file is gone, or is another kernel's by now; RepliqueError CONNECTION_FILE_INVALID
 */
export function keptConnection(kept: {
  readonly connectionFile: string;
  readonly connectionHash: string;
}): ConnectionFile {
  const path = kept.connectionFile;
  const connection = { path, info: parseConnectionFile(readRegularFile(path, mostBytes), path) };
  if (connectionHash(connection) !== kept.connectionHash)
    throw new Error('its connection file is another one');
  return connection;
}

/** One that can't be removed names ports that nobody listens on. */
export const removeConnectionFile = ({ path }: Pick<ConnectionFile, 'path'>): Promise<void> =>
  rm(path, { force: true }).catch(() => undefined);
