import { createInterface } from 'node:readline/promises';

/** Asks a yes/no question at the terminal, default yes. Without a terminal the answer is yes, with the question shown. */
export async function askYesNo(
  question: string,
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WriteStream = process.stderr,
): Promise<boolean> {
  if (!input.isTTY || !output.isTTY) {
    output.write(`${question} yes (no terminal to ask at)\n`);
    return true;
  }
  const lines = createInterface({ input, output });
  try {
    const answer = await lines.question(`${question} [Y/n] `);
    return !/^\s*n/i.test(answer);
  } finally {
    lines.close();
  }
}
