import { repliqueError } from '../../../kernel/errors.ts';
import { isOpenToOthers, readRegularFile } from '../../../kernel/files.ts';
import { isLoopback, type ServerConfig } from '../../config.ts';
import { SessionCookies } from './cookies.ts';
import { Gate } from './gate.ts';
import { parsePasswordHash, type PasswordHash } from './password.ts';
import { Seal } from './secrets.ts';

/** All that decides who may do what. */
export interface Access {
  readonly gate: Gate;
  readonly cookies: SessionCookies;
  readonly token: string;
  readonly password: PasswordHash | undefined;
}

/**
 * @throws RepliqueError SERVER_REFUSED where anybody from elsewhere could come in, or the password can't be read
 */
export function createAccess(config: ServerConfig): Access {
  const { token, passwordFile, ip, allowHosts, baseUrl, certFile } = config;
  const kept = passwordFile === undefined ? undefined : readPassword(passwordFile);
  if (token === '' && kept === undefined && !isLoopback(ip)) {
    throw repliqueError('SERVER_REFUSED', {
      sentence: `Listening on ${ip} without token and password would let anybody run code here.`,
      remedy: 'Leave --token out, which makes one, or name a --password-file.',
    });
  }
  const cookies = new SessionCookies(new Seal(kept?.text ?? token), {
    baseUrl,
    secure: certFile !== undefined,
  });
  const hosts = isLoopback(ip) ? allowHosts.map((host) => host.toLowerCase()) : 'any';
  const gate = new Gate({ token, hasPassword: kept !== undefined, cookies, hosts });
  return { gate, cookies, token, password: kept?.hash };
}

/** @throws RepliqueError SERVER_REFUSED */
function readPassword(file: string): { readonly text: string; readonly hash: PasswordHash } {
  const anew = `Write it anew with \`npx replique password ${file}\`.`;
  const refuse = (problem: string, remedy = anew): Error =>
    repliqueError('SERVER_REFUSED', {
      ...{ sentence: `The password file ${file} can't be used: ${problem}.`, remedy },
    });
  let text: string;
  let isOpen: boolean;
  try {
    text = readRegularFile(file, 4096).trim();
    isOpen = isOpenToOthers(file);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  // Cookies are signed with it, too.
  if (isOpen)
    throw refuse('other users can read or write it', `\`chmod 600 ${file}\`, and choose another password.`);
  const hash = parsePasswordHash(text);
  if (hash === undefined) throw refuse('it does not hold what that command writes');
  return { text, hash };
}
