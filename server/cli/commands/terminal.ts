import { TerminalProgress } from '../terminal/progress.ts';

/** The progress display of every command. */
export const terminal = (): TerminalProgress => new TerminalProgress();

/** Writes a line of a command's result. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);
