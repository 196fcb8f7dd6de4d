import { failed, plainError } from '../code-cell.ts';
import { noticesTo } from '../prompt-cell.ts';
import { succeeded, type Magic } from './contract.ts';

export const diff: Magic = {
  name: 'diff',
  kind: 'line',
  usage: '%diff [A] [B]',
  summary:
    'Shows what differs between two branches or cells: what was said, variables, files. Without B from A to here.',
  complete: (before, _word, { timeline }) =>
    before.trim().split(/\s+/).filter(Boolean).length < 2 ? timeline.branches() : [],
  async run(args, _body, { request, timeline }) {
    const [a, b] = args.split(/\s+/).filter((word) => word !== '');
    const found = await timeline.diff(a, b, { signal: request.signal, say: noticesTo(request) });
    if ('problem' in found) return failed(request, plainError('NothingToCompare', found.problem), false);
    request.emit({ type: 'page', ...found });
    return succeeded;
  },
};
