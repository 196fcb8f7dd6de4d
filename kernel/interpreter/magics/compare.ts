import { failed, plainError } from '../code-cell.ts';
import { noticesTo } from '../prompt-cell.ts';
import { succeeded, type Magic } from './contract.ts';

export const compare: Magic = {
  name: 'compare',
  kind: 'line',
  usage: '%compare [A B …]',
  summary:
    'Shows branches or cells side by side: answer, turns, tokens, cost, time, and the variables and files that differ. Alone, those of the last `%try`.',
  complete: (_before, _word, { timeline }) => timeline.branches(),
  async run(args, _body, { request, timeline }) {
    const places = args.split(/\s+/).filter((word) => word !== '');
    const found = await timeline.compare(places, { signal: request.signal, say: noticesTo(request) });
    if ('problem' in found) return failed(request, plainError('NothingToCompare', found.problem), false);
    request.emit({ type: 'page', ...found });
    return succeeded;
  },
};
