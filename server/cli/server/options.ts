import type { Command } from 'commander';

export interface ServerOptions {
  readonly ip?: string;
  readonly port?: string;
  readonly token?: string;
  readonly passwordFile?: string;
  readonly dir?: string;
  readonly baseUrl?: string;
  readonly certfile?: string;
  readonly keyfile?: string;
  readonly allowHost?: readonly string[];
  readonly allowRoot?: boolean;
  readonly allowHidden?: boolean;
  readonly trash?: boolean;
  readonly cullIdle?: string;
  readonly logLevel?: string;
  readonly keepKernels?: string;
  readonly config?: string;
  readonly showConfig?: boolean;
}

/** Adds the options of a server to a command. */
export function addServerOptions(command: Command): Command {
  return command
    .option('--ip <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'port to listen on; 0: any that is free (default: 8888)')
    .option('--token <text>', 'token that clients show; empty: none (default: a new one)')
    .option('--password-file <file>', 'a password besides, as `replique password` writes it')
    .option('--dir <directory>', 'directory that is served (default: the one you are in)')
    .option('--base-url <path>', 'path below which everything is (default: /)')
    .option('--certfile <file>', 'certificate for TLS, PEM')
    .option('--keyfile <file>', 'its key')
    .option('--allow-host <name...>', 'host that requests may name, besides localhost: that of a proxy')
    .option('--allow-root', 'run as root')
    .option('--allow-hidden', 'show and change files whose names begin with a dot')
    .option('--no-trash', 'delete files for good')
    .option('--cull-idle <seconds>', 'end kernels that were idle so long and have no client')
    .option(
      '--keep-kernels <seconds>',
      'leave kernels to the next server for so long when SIGTERM ends this one',
    )
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent (default: info)')
    .option(
      '--config <file>',
      'configuration as JSON (default: server.json in Replique’s directory of settings)',
    )
    .option('--show-config', 'print each value, without token, and where it is from, and end');
}

/** As the configuration names them. */
export function settingsOf(options: ServerOptions): object {
  const { ip, port, token, passwordFile, dir, baseUrl, allowRoot, logLevel, allowHidden } = options;
  return {
    ...{ ip, port, token, passwordFile, dir, baseUrl, allowRoot, logLevel, allowHidden },
    trash: options.trash === false ? false : undefined, // commander says true where nothing was said
    certFile: options.certfile,
    keyFile: options.keyfile,
    allowHosts: options.allowHost,
    cullIdleSeconds: options.cullIdle,
    keepKernelsSeconds: options.keepKernels,
  };
}
