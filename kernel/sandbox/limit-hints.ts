import type { Limits, WorkerError } from './contract.ts';

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;

/** Limits that code meets as an error of its own: what the error looks like, and what is said of the limit. */
const hints: readonly (readonly [pattern: RegExp, hint: (limits: Limits) => string])[] = [
  [
    /^\w*MemoryError\n/,
    ({ memoryBytes }) =>
      `A process may have ${megabytes(memoryBytes)} of memory. Set REPLIQUE_MEMORY_MB to allow more.`,
  ],
  [
    /\[Errno 27\]|\(SIGXFSZ\)/,
    ({ fileBytes }) =>
      `A file may be ${megabytes(fileBytes)} large. Set REPLIQUE_FILE_MB to allow larger ones.`,
  ],
  [
    /\[Errno 24\]/,
    ({ openFiles }) =>
      `A process may have ${openFiles} files open. Close some, or set REPLIQUE_OPEN_FILES to allow more.`,
  ],
  [
    /\[Errno 11\]|can't start new thread/,
    ({ processes }) =>
      `All processes and threads together may be ${processes}. End some, or set REPLIQUE_PROCESSES to allow more.`,
  ],
  [
    /\[Errno 28\]/,
    () =>
      'The disk is full, or /tmp, /dev/shm or the home directory, which are small: write large files into the workspace.',
  ],
  [
    /\(SIGXCPU\)/,
    ({ cpuSeconds }) =>
      `A process may use ${cpuSeconds} s of processor time. Set REPLIQUE_CPU_SECONDS to allow more.`,
  ],
];

/** The limit that an error tells of, if it does, with its value and what allows more. */
export function limitHint({ ename, evalue }: WorkerError, limits: Limits): string | undefined {
  const text = `${ename}\n${evalue}`;
  return hints.find(([pattern]) => pattern.test(text))?.[1](limits);
}
