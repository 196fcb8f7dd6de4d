/** Narrower than this nothing is wrapped. */
const narrowest = 20;

/** Prose with no line longer than `width` where it has blanks; code between fences stays as it is. */
export function wrapped(text: string, width: number): string {
  if (width < narrowest) return text;
  let fence: string | undefined;
  return text
    .split('\n')
    .map((line) => {
      const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
      const inCode = fence !== undefined || mark !== undefined;
      if (mark !== undefined) {
        if (fence === undefined) fence = mark;
        else if (mark.startsWith(fence)) fence = undefined;
      }
      return inCode || line.length <= width ? line : wrapLine(line, width);
    })
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const indent = /^\s*(?:[-*+] |\d+[.)] )?/.exec(line)?.[0] ?? '';
  const hanging = ' '.repeat(Math.min(indent.length, width / 2));
  const lines: string[] = [];
  let current = indent.trimEnd() === '' ? indent : indent.trimEnd();
  let isEmpty = true;
  for (const word of line.slice(indent.length).split(/ +/)) {
    if (!isEmpty && current.length + 1 + word.length > width) {
      lines.push(current);
      current = `${hanging}${word}`;
    } else current = isEmpty && current.trimEnd() === '' ? `${current}${word}` : `${current} ${word}`;
    isEmpty = false;
  }
  return [...lines, current].join('\n');
}
