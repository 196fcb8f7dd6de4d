import { failed, plainError } from '../code-cell.ts';
import { noticesTo } from '../prompt-cell.ts';
import { succeeded, type Magic } from './contract.ts';

export const branch: Magic = {
  name: 'branch',
  kind: 'line',
  usage: '%branch [NAME]',
  summary: 'Begins a new branch here, so that the one you are on stays as it is; alone, says which that is.',
  async run(args, _body, { request, timeline }) {
    if (args !== '') {
      const refusal = await timeline.branch(args, { signal: request.signal, say: noticesTo(request) });
      if (refusal) return failed(request, plainError('InvalidBranch', refusal.problem), false);
    }
    request.emit({ type: 'notice', text: `On branch \`${timeline.on()}\`.` });
    return succeeded;
  },
};
