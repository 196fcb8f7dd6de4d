import { failed, plainError } from '../code-cell.ts';
import { succeeded, type Magic } from './contract.ts';

const scopes = ['cell', 'session', 'day'];

export const budget: Magic = {
  name: 'budget',
  kind: 'line',
  usage: '%budget [cell|session|day] [$0.50 | 20000 tokens | 90s | off] …',
  summary: 'Sets what may be used at most, and shows what is left; no call is made that could go over it.',
  complete: (before) => (/(?:^|;)\s*$/.test(before) ? [...scopes, 'off'] : ['off']),
  async run(args, _body, { request, spending }) {
    if (args.trim() !== '') {
      const problem = spending.setBudget(args);
      if (problem !== undefined) {
        return failed(request, plainError('InvalidBudget', problem), false);
      }
    }
    const rows = await spending.budgets();
    const markdown = [
      '| budget of | limit | used |',
      '| --- | --- | --- |',
      ...rows.map(({ scope, limit, used }) => `| ${scope} | ${limit} | ${used} |`),
    ].join('\n');
    const text = rows.map(({ scope, limit, used }) => `${scope}: ${limit} (used: ${used})`).join('\n');
    request.emit({ type: 'page', markdown, text });
    return succeeded;
  },
};
