import { setFlagsFromString } from 'node:v8';

/** Bytes of bytecode that a function runs before V8 looks whether to optimize it: about four times the default. */
const interruptBudget = 300_000;

/**
 * Has V8 optimize later where it has one optimizing compiler only (before Node 22): the end of each compilation keeps the main thread,
 * and a session of short cells has many. Newer versions have a quick compiler before it and count invocations instead.
 */
export function optimizeLater(node = process.versions.node): void {
  if (Number.parseInt(node, 10) < 22) setFlagsFromString(`--interrupt-budget=${interruptBudget}`);
}
