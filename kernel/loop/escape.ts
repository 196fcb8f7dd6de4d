/** Beginnings that a model or its chat template could take for a tag of ours or a turn of its own. */
const tagLike =
  /<(?=\s{0,20}\/?\s{0,20}(?:result|helper|\|)|\/?s>|\/?(?:start|end)_of_turn)|\[(?=\/?INST\])/gi;

/** Makes text from outside unable to open or close a tag; it stays readable. */
export function escapeTags(text: string): string {
  return text.replace(tagLike, (mark) => (mark === '<' ? '&lt;' : '&#91;'));
}

/** CSI, OSC and other escape sequences, then what is left of the control characters but tab and newline. */

const ansi = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text as a terminal would leave it: no escape sequences, carriage returns overwrite their line. */
export function plainText(text: string): string {
  return text
    .replace(ansi, '')
    .split('\n')
    .map((line) => line.replace(/\r+$/, ''))
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .join('\n')
    .replace(controls, '');
}

/** Head and tail of a text that is longer than `limit` characters, with what was left out in numbers between them. */
export function bound(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = Math.floor(limit * 0.6);
  const left = text.slice(head, text.length - (limit - head));
  const lines = left.split('\n').length - 1;
  return (
    text.slice(0, head) +
    `\n[… ${String(left.length)} characters (${String(lines)} lines) left out …]\n` +
    text.slice(text.length - (limit - head))
  );
}
