import type { CellOutcome } from '../../loop/events.ts';
import { ProviderError } from '../../providers/contract.ts';
import { failedBy } from '../code-cell.ts';
import { noticesTo } from '../prompt-cell.ts';
import { succeeded, type Magic, type MagicContext } from './contract.ts';

const mostShown = 50;

export const model: Magic = {
  name: 'model',
  kind: 'line',
  usage: '%model [provider:model]',
  summary: 'Has another model answer from now on; alone, says which one does, and which can be had.',
  complete: (before, _word, { models }) => (before === '' ? models.list() : []),
  async run(args, _body, context) {
    const wanted = args.trim();
    if (wanted === '') return show(context, true);
    const { request, answers } = context;
    const [, provider = '', name = ''] = /^([^:\s]+):(\S+)$/.exec(wanted) ?? [];
    return context.alone(async () => {
      try {
        await answers.change({ provider, model: name }, request.signal, noticesTo(request));
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        return failedBy(request, error);
      }
      return show(context, false);
    });
  },
};

async function show({ request, models, answers }: MagicContext, withOthers: boolean): Promise<CellOutcome> {
  const current = answers.current();
  const said = current === undefined ? 'A model is chosen with the first prompt.' : `\`${current}\` answers.`;
  const others = withOthers ? (await models.list()).filter((each) => each !== current) : [];
  const lines = others.slice(0, mostShown).map((each) => `- \`%model ${each}\``);
  const left = others.length > mostShown ? [`- … and ${others.length - mostShown} more`] : [];
  const list = lines.length > 0 ? ['', 'Others that can be had:', '', ...lines, ...left] : [];
  const markdown = [said, ...list].join('\n');
  request.emit({ type: 'page', markdown, text: markdown.replaceAll('`', '') });
  return succeeded;
}
