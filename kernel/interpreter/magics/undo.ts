import { failed, plainError } from '../code-cell.ts';
import { noticesTo } from '../prompt-cell.ts';
import { succeeded, type Magic } from './contract.ts';

export const undo: Magic = {
  name: 'undo',
  kind: 'line',
  usage: '%undo',
  summary:
    'Goes back to just before the last cell: conversation, Python’s memory and the files that it changed.',
  async run(_args, _body, { request, timeline }) {
    const refusal = await timeline.rewind(undefined, { signal: request.signal, say: noticesTo(request) });
    return refusal ? failed(request, plainError('NothingToUndo', refusal.problem), false) : succeeded;
  },
};
