/** Controls that JSON leaves as they are, and characters that show as nothing or turn the text around them. */
const deceiving = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text whose reader sees all of it. */
export function visible(text: string): string {
  return text.replace(deceiving, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The name of a file as a line of text, whatever characters it has. */
export const visibleName = (name: string): string => visible(JSON.stringify(name).slice(1, -1));

/** `1.2 kB` */
export function humanSize(bytes: number): string {
  if (bytes < 1000) return `${String(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1] ?? ''}`;
}
