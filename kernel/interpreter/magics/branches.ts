import { failed, plainError } from '../code-cell.ts';
import { noticesTo } from '../prompt-cell.ts';
import { succeeded, type Magic } from './contract.ts';

export const branches: Magic = {
  name: 'branches',
  kind: 'line',
  usage: '%branches',
  summary: 'Draws the cells that have run, with the branches that were left behind, and where you are.',
  async run(_args, _body, { request, timeline }) {
    const drawn = await timeline.draw({ signal: request.signal, say: noticesTo(request) });
    if ('problem' in drawn) return failed(request, plainError('Interrupted', drawn.problem), true);
    request.emit({ type: 'page', ...drawn });
    return succeeded;
  },
};
