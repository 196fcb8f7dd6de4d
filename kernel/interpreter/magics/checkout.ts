import { failed, plainError } from '../code-cell.ts';
import { noticesTo } from '../prompt-cell.ts';
import { succeeded, type Magic } from './contract.ts';

export const checkout: Magic = {
  name: 'checkout',
  kind: 'line',
  usage: '%checkout BRANCH',
  summary: 'Goes to the end of a branch: conversation, Python’s memory and the files that code changed.',
  complete: (before, _word, { timeline }) => (before.trim() === '' ? timeline.branches() : []),
  async run(args, _body, { request, timeline }) {
    if (args === '') {
      const problem = `You are on \`${timeline.on()}\`. Name the branch to go to: \`%branches\` shows them.`;
      return failed(request, plainError('NoBranch', problem), false);
    }
    const refusal = await timeline.checkout(args, { signal: request.signal, say: noticesTo(request) });
    return refusal ? failed(request, plainError('NoCheckout', refusal.problem), false) : succeeded;
  },
};
