/** One line of what the set-up is doing, on stderr so that the output of commands stays clean. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Ends the program with a sentence and what mends it. */
export function fail(sentence, remedy) {
  say(`${sentence}${remedy ? `\n  → ${remedy}` : ''}`);
  process.exit(1);
}
