/** What was wrong with a turn's helper block. */
export type Malformation =
  | 'attributes'
  | 'look-alike'
  | 'closing'
  | 'stray-close'
  | 'nested'
  | 'empty'
  | 'oversized'
  | 'unclosed'
  | 'cut'
  | 'language'
  | 'quoted'
  | 'fence'
  | 'wrapped'
  | 'invented'
  | 'gave-up'
  | 'unfounded'
  | 'unlooked';

const form = 'Write it exactly so: <helpers lang="python"> on a line, the code, then </helpers>.';

const lines: Readonly<Record<Malformation, string>> = {
  attributes: `The opening tag was not well formed. ${form}`,
  'look-alike': `That is not the helper tag. ${form}`,
  closing: `The block was not closed with </helpers>. ${form}`,
  'stray-close': `There was a </helpers> without an opening tag. ${form}`,
  nested: `There was a helper block inside a helper block. One block a reply. ${form}`,
  empty: `The helper block was empty. ${form}`,
  oversized: 'The helper block was too long. Write at most 100 lines, and do one step at a time.',
  unclosed: `The helper block was not finished. ${form}`,
  cut: 'The helper block was cut off at the token limit. Write much shorter code, one step at a time.',
  language: `That language is not available. ${form}`,
  quoted: `The reply ended inside a quotation. ${form}`,
  wrapped:
    'The new code stood inside a ``` fence or quotation. Send the same new code once more as the block alone: no words and no ``` before <helpers lang="python">.',
  'gave-up':
    'The last block ended in an error, so there is no answer yet. Write its whole code again, corrected, in a new block. ' +
    'Only if it can’t be done, give the final answer and say why.',
  unfounded:
    'A number in your answer stands in no result. Run code that prints what was asked, then answer with what it prints.',
  unlooked: 'Do not guess. Run code that opens the file and prints what was asked, then answer.',
  invented:
    'You wrote a <result> yourself: it is not real. Run code to get a real one, or answer in plain words ' +
    `with what real results say. ${form}`,
  fence:
    'Code in a ``` fence is only shown, it does not run. ' +
    `To run it, write it in a helper block. ${form} Otherwise give the final answer in plain words.`,
};

/** The line that teaches the model the form after a malformed block; `languages` are those that can be named. */
export function teach(malformation: Malformation, languages: readonly string[] = []): string {
  const known = malformation === 'language' ? ` Languages: ${languages.join(', ')}.` : '';
  return `Nothing was run. ${lines[malformation]}${known}`;
}
