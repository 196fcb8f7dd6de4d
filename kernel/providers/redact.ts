const keyShapes = /\b(?:sk|gsk|hf)[-_][\w*.-]{6,}|\bBearer\s+\S+/g;
const longest = 400;

/** Text of a peer as it may be shown: no secret, nothing that looks like a key, one line, bounded. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, '[key]');
  clean = clean
    .replace(keyShapes, '[key]')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return clean.length > longest ? `${clean.slice(0, longest)} …` : clean;
}

/** An address as it may be shown: without user, password and query. */
export function shownAddress(address: string): string {
  if (!URL.canParse(address)) return '(not an address)';
  const url = new URL(address);
  return `${url.protocol}//${url.host}${url.pathname}`.replace(/\/$/, '');
}

/** The user's password inside an address, which must not be shown either. */
export function addressSecrets(address: string): readonly string[] {
  const password = URL.canParse(address) ? new URL(address).password : '';
  return password === '' ? [] : [password];
}
