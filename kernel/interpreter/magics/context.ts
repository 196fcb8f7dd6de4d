import type { ContextUse } from '../../loop/window.ts';
import { ProviderError } from '../../providers/contract.ts';
import { failedBy } from '../code-cell.ts';
import { succeeded, type Magic } from './contract.ts';

export const context: Magic = {
  name: 'context',
  kind: 'line',
  usage: '%context',
  summary: 'Shows what fills the model’s context, in tokens.',
  async run(_args, _body, { request, contextUse }) {
    let use: ContextUse;
    try {
      use = await contextUse(request.signal);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return failedBy(request, error);
    }
    const { parts, contextLength, isGuess, maxTokens } = use;
    const used = parts.reduce((sum, { tokens }) => sum + tokens, 0);
    const share = (tokens: number): string => `${((tokens / contextLength) * 100).toFixed(1)} %`;
    const free = Math.max(0, contextLength - used - maxTokens);
    const rows = [
      ...parts,
      { what: 'kept free for the next reply', tokens: maxTokens },
      { what: 'free', tokens: free },
    ].map(({ what, tokens }) => [what, tokens.toLocaleString('en'), share(tokens)] as const);
    const head = `The model’s context holds ${contextLength.toLocaleString('en')} tokens${isGuess ? ' (a guess: the provider does not say)' : ''}. Counts are estimates, corrected by the provider’s own.`;
    const markdown = [
      head,
      '',
      '| what | tokens | share |',
      '| --- | ---: | ---: |',
      ...rows.map((row) => `| ${row.join(' | ')} |`),
    ].join('\n');
    const text = [head, ...rows.map(([what, tokens, part]) => `${what}: ${tokens} (${part})`)].join('\n');
    request.emit({ type: 'page', markdown, text });
    return succeeded;
  },
};
