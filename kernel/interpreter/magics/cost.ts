import { succeeded, type Magic, type Spent } from './contract.ts';

export const cost: Magic = {
  name: 'cost',
  kind: 'line',
  usage: '%cost',
  summary: 'Shows the tokens and the money that the last prompt, this session and today have used.',
  async run(_args, _body, { request, spending }) {
    const { rows, notice } = await spending.report();
    const nothing = rows.length === 0 ? ['Nothing was used yet.'] : [];
    const notes = [
      ...nothing,
      ...(notice === undefined ? [] : [notice]),
      ...(rows.some(({ estimated }) => estimated)
        ? ['≈: in part estimated, where the provider did not count.']
        : []),
    ];
    const markdown = [
      '| | model | calls | input | of it cached | output | cost |',
      '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
      ...rows.map((row) => `| ${cells(row).join(' | ')} |`),
      ...(notes.length === 0 ? [] : ['', ...notes]),
    ].join('\n');
    const text = [...rows.map((row) => lineOf(row)), ...notes].join('\n');
    request.emit({ type: 'page', markdown, text });
    return succeeded;
  },
};

function cells(row: Spent): readonly string[] {
  const { scope, model, calls, inputTokens, cachedTokens, outputTokens, estimated, cost: price } = row;
  const count = (tokens: number): string => `${estimated ? '≈ ' : ''}${tokens.toLocaleString('en')}`;
  const cached = cachedTokens.toLocaleString('en');
  return [scope, `\`${model}\``, String(calls), count(inputTokens), cached, count(outputTokens), price];
}

function lineOf(row: Spent): string {
  const [scope, , calls, input, cached, output, price] = cells(row);
  return `${scope}, ${row.model}: ${calls} ${calls === '1' ? 'call' : 'calls'}, ${input} tokens in (${cached} cached), ${output} out, ${price}`;
}
