/** Numbers in a text, as numbers; a comma or a narrow space between three digits is a separator. */
export function numbersIn(text: string): readonly number[] {
  const plain = text.replaceAll(/(?<=\d)[,\u202f](?=\d{3}\b)/g, '');
  return (plain.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
}

/** Whether a number is among those of a text, without its sign and up to rounding. */
export const hasNumber = (numbers: readonly number[], wanted: number): boolean =>
  numbers.some((number) => Math.abs(Math.abs(number) - Math.abs(wanted)) < 0.051);
