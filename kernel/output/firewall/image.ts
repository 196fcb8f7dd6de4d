const largest = 4_000_000;

const signatures: Readonly<Record<string, RegExp>> = {
  'image/png': /^iVBORw0KGgo/,
  'image/jpeg': /^\/9j\//,
  'image/gif': /^R0lGOD/,
  'image/webp': /^UklGR.{6}XRUJQ/,
};

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The base64 text of an image without line breaks, if it is one of that type and at most 4 MB long. */
export function safeImage(type: string, data: unknown): string | undefined {
  const signature = signatures[type];
  if (signature === undefined || typeof data !== 'string' || data.length > largest) return undefined;
  const compact = data.replaceAll(/[\r\n]/g, '');
  return signature.test(compact) && compact.length % 4 === 0 && base64.test(compact) ? compact : undefined;
}

const dataAddress = /^data:(image\/(?:png|jpeg|gif|webp));base64,/i;

/** A `data:` address of an image that passes the same test; every other address loads something and is refused. */
export function safeImageAddress(address: string): string | undefined {
  const head = dataAddress.exec(address.slice(0, 64));
  const type = head?.[1]?.toLowerCase();
  if (head === null || type === undefined) return undefined;
  const data = safeImage(type, address.slice(head[0].length).replaceAll(/[\s]/g, ''));
  return data === undefined ? undefined : `data:${type};base64,${data}`;
}
