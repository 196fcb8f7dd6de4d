import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** After OWASP's Password Storage Cheat Sheet (2025): N=2^15, r=8, p=3, 32 MB. */
const cost = { N: 2 ** 15, r: 8, p: 3 };
const keyBytes = 32;

const pattern = /^scrypt:(\d{1,8}):(\d{1,3}):(\d{1,3}):([\w-]{16,200}):([\w-]{43})$/;

/** A password as it is kept: `scrypt:N:r:p:salt:key`, the last two in base64url. */
export interface PasswordHash {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

/** Reads a kept password; `undefined` where the text is none, or would take more than 1 GB or a minute to check. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, n, r, p, salt = '', key = ''] = pattern.exec(text.trim()) ?? [];
  const numbers = { N: Number(n), r: Number(r), p: Number(p) };
  const { N } = numbers;
  const usable =
    N >= 2 ** 14 && N <= 2 ** 20 && Number.isInteger(Math.log2(N)) && numbers.r > 0 && numbers.r <= 8;
  if (!usable || numbers.p < 1 || numbers.p > 16) return undefined;
  return { ...numbers, salt: Buffer.from(salt, 'base64url'), key: Buffer.from(key, 'base64url') };
}

/** The form in which a new password is kept. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await keyOf(password, salt, cost);
  const parts = [cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')];
  return `scrypt:${parts.join(':')}`;
}

export async function isPassword(password: string, hash: PasswordHash): Promise<boolean> {
  const key = await keyOf(password, hash.salt, hash);
  return timingSafeEqual(key, hash.key);
}

const keyOf = (password: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> =>
  derive(password.normalize('NFKC'), salt, keyBytes, { N, r, p, maxmem: 256 * N * r });
