import { readWanted } from '../attempts/wanted.ts';
import { failed, plainError } from '../code-cell.ts';
import { succeeded, type Magic } from './contract.ts';

export const tryOut: Magic = {
  name: 'try',
  kind: 'line',
  usage: '%try NUMBER | --models PROVIDER:MODEL,… [PROMPT]',
  summary:
    'Runs the prompt behind or below it several times side by side, each from here and in a branch of its own, or once with each of several models.',
  takesPrompt: () => true,
  complete: (before, word, { models }) => {
    if (before.trim() === '') return ['2', '3', '--models '];
    if (before.trim() !== '--models') return [];
    const [, written = ''] = /^(.*,)?[^,]*$/.exec(word) ?? [];
    return models.list().then((all) => all.map((each) => `${written}${each}`));
  },
  run(args, body, { request, runAttempts }) {
    if (request.silent) return Promise.resolve(succeeded);
    const read = readWanted(args, body);
    if ('problem' in read)
      return Promise.resolve(failed(request, plainError('InvalidTry', read.problem), false));
    return runAttempts(read.prompt, read.wanted);
  },
};
