import type { Magic } from './contract.ts';

const goOn = 'Go on from where you stopped.';

export const continueCell: Magic = {
  name: 'continue',
  kind: 'line',
  usage: '%continue [words]',
  summary: 'Goes on where the last prompt stopped without an answer, with a hint of yours if you give one.',
  complete: 'words',
  run: (args, _body, { runPrompt }) => runPrompt(args === '' ? goOn : args),
};
