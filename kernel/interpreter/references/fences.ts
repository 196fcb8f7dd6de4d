/** The marks that a fenced block of code began with. */
export interface Fence {
  readonly mark: string;
  readonly length: number;
}

/** Whether a line begins a fenced block: three or more backticks or tildes, as in Markdown. */
export function openingFence(line: string): Fence | undefined {
  const match = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/.exec(line);
  const marks = match?.[1];
  return marks === undefined ? undefined : { mark: marks.charAt(0), length: marks.length };
}

/** Whether a line ends the block that this fence began. */
export function isFenceEnd(line: string, { mark, length }: Fence): boolean {
  const marks = /^ {0,3}([`~]+)\s*$/.exec(line)?.[1];
  return marks !== undefined && marks.length >= length && marks === mark.repeat(marks.length);
}
