import { readCompared } from '../attempts/wanted.ts';
import { failed, plainError } from '../code-cell.ts';
import { noticesTo } from '../prompt-cell.ts';
import { succeeded, type Magic } from './contract.ts';

/** No branch and no cell has a colon in its name. */
const namesModels = (args: string): boolean => /^[^\s:]+:/.test(args.trim());

export const compare: Magic = {
  name: 'compare',
  kind: 'line',
  usage: '%compare [A B …] | PROVIDER:MODEL PROVIDER:MODEL … PROMPT',
  summary:
    'Shows branches or cells side by side: answer, turns, tokens, cost, time, and the variables and files that differ. Alone, those of the last `%try`. With models it runs the prompt behind or below them with each, as `%try --models`.',
  takesPrompt: namesModels,
  complete: async (_before, word, { timeline, models }) => [
    ...timeline.branches(),
    ...(word === '' ? [] : await models.list()),
  ],
  async run(args, body, { request, timeline, runAttempts }) {
    if (namesModels(args)) {
      if (request.silent) return succeeded;
      const read = readCompared(args, body);
      if ('problem' in read) return failed(request, plainError('InvalidCompare', read.problem), false);
      return runAttempts(read.prompt, read.wanted);
    }
    const places = args.split(/\s+/).filter((word) => word !== '');
    const found = await timeline.compare(places, { signal: request.signal, say: noticesTo(request) });
    if ('problem' in found) return failed(request, plainError('NothingToCompare', found.problem), false);
    request.emit({ type: 'page', ...found });
    return succeeded;
  },
};
