/** What no text has in it. */
const controls = /[\u0000-\u0008\u000e-\u001f]/;

/** The text of a content, or of its beginning: a character that is cut off at the end is left out. */
export function textOf(content: Buffer): string | undefined {
  const text = content.toString('utf8').replace(/\ufffd{1,3}$/, '');
  return controls.test(text) || text.includes('\ufffd') ? undefined : text;
}
