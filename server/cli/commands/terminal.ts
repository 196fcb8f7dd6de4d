import { TerminalProgress } from '../terminal/progress.ts';

/** Collects the values of an option that may be given several times. */
export const collect = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value];

/** The progress display of every command. */
export const terminal = (): TerminalProgress => new TerminalProgress();

/** Writes a line of a command's result. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);
