/** What a sandbox of macOS may see. Absolute paths. */
export interface SeatbeltPaths {
  readonly workspace: string;
  /** A folder of its own for temporary files; also its home. */
  readonly temporary: string;
  readonly readOnly: readonly string[];
}

/** Readable by every program of macOS that starts at all. */
const systemFolders = ['/usr/lib', '/usr/share', '/usr/bin', '/bin', '/System', '/Library/Apple'];
const systemFiles = [
  '/',
  '/dev/random',
  '/dev/urandom',
  '/private/etc/localtime',
  '/private/etc/ssl/openssl.cnf',
  '/private/etc/ssl/cert.pem',
];
const bitBuckets = ['/dev/null', '/dev/zero'];

/**
 * The arguments of sandbox-exec(1) before the command: a profile in its policy language (SBPL) that refuses everything
 * and then allows what Python needs, and the paths as parameters, so that no name of a folder is ever read as policy.
 * No network, no other process, no Mach service (Apple events, keychain, pasteboard) and no `set-uid` file can be had.
 */
export function seatbeltArguments({ workspace, temporary, readOnly }: SeatbeltPaths): readonly string[] {
  const named = readOnly.map((path, index) => [`READ_${index}`, path] as const);
  const parameters = [['WORKSPACE', workspace], ['TEMPORARY', temporary], ...named] as const;
  const read = named.map(([name]) => `(subpath (param "${name}"))`);
  const written = ['(subpath (param "WORKSPACE"))', '(subpath (param "TEMPORARY"))'];
  const profile = [
    '(version 1)',
    '(deny default)',
    '(allow process-fork)',
    `(allow process-exec ${[...folders(['/usr/bin', '/bin']), ...read, ...written].join(' ')})`,
    '(allow signal (target same-sandbox))',
    '(allow process-info* (target same-sandbox))',
    '(allow sysctl-read)',
    '(allow ipc-posix-sem)',
    '(allow file-read-metadata)',
    `(allow file-read* ${[...folders(systemFolders), ...literals([...systemFiles, ...bitBuckets]), ...read].join(' ')})`,
    `(allow file-read* file-write* ${written.join(' ')})`,
    `(allow file-write-data ${literals(bitBuckets).join(' ')})`,
    '(deny file-write-setugid)',
  ].join('\n');
  return ['-p', profile, ...parameters.flatMap(([name, path]) => ['-D', `${name}=${path}`])];
}

function folders(paths: readonly string[]): readonly string[] {
  return paths.map((path) => `(subpath "${path}")`);
}

function literals(paths: readonly string[]): readonly string[] {
  return paths.map((path) => `(literal "${path}")`);
}
