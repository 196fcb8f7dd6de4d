const followable = /^(?:https?:\/\/[^\s/?#]|mailto:[^\s]|#)/i;
const addressLike = /(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w.-])|[a-z][a-z0-9+.-]{1,20}:\/\//gi;

/** The address if a reader may follow it: http, https, mailto or a fragment, without hidden parts. */
export function safeAddress(address: string): string | undefined {
  const trimmed = address.trim();
  if (trimmed.length > 2048 || !followable.test(trimmed) || /[\u0000-\u0020\u007f-\u00a0\\]/.test(trimmed)) {
    return undefined;
  }
  return trimmed;
}

/** Whether a link's text looks like an address other than the one it leads to. */
export function misleads(text: string, address: string): boolean {
  const shown = text.slice(0, 2000).match(addressLike);
  if (shown === null) return false;
  const host = hostOf(address);
  return shown.some((part) => {
    const bare = part.toLowerCase().replace(/^www\./, '');
    return bare.endsWith('://') ? !address.toLowerCase().startsWith(bare) : bare !== host;
  });
}

/** What stands behind `@` for a mailto address; empty where there is no host. */
function hostOf(address: string): string {
  if (/^mailto:/i.test(address)) return (address.split('@').at(-1) ?? '').split('?')[0]?.toLowerCase() ?? '';
  try {
    return new URL(address).hostname.replace(/^www\./, '');
  } catch {
    return '';
  }
}
