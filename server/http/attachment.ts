/** `Content-Disposition` (RFC 6266) of what is saved instead of shown. */
export function attachment(name: string): string {
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename*=utf-8''${encoded}`;
}
