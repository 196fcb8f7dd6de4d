import { failed, plainError } from '../code-cell.ts';
import { succeeded, type Magic, type Sessions } from './contract.ts';

export const resume: Magic = {
  name: 'resume',
  kind: 'line',
  usage: '%resume [list|NUMBER]',
  summary:
    'Brings an earlier conversation of this notebook back, the newest or that of the list with this number. Python’s memory stays as it is.',
  complete: (before, _word, { sessions }) =>
    before === '' ? ['list', ...sessions.earlier().map((_, index) => String(index + 1))] : [],
  async run(args, _body, { request, sessions }) {
    if (args === 'list') {
      request.emit({ type: 'page', ...listed(sessions.earlier()) });
      return succeeded;
    }
    const number = args === '' ? 1 : Number(args);
    const found = Number.isInteger(number) && number > 0 ? sessions.resume(number) : undefined;
    if (found === undefined) {
      const problem =
        args === ''
          ? 'There is no earlier conversation of this notebook.'
          : `There is no earlier conversation ${args}: \`%resume list\` shows them.`;
      return failed(request, plainError('NothingToResume', problem), false);
    }
    await sessions.saved();
    const prompts = `${found.prompts} ${found.prompts === 1 ? 'prompt' : 'prompts'}`;
    request.emit({
      type: 'notice',
      text: `The conversation of ${dayAndTime(found.at)} is back (${prompts}). Python’s memory stays as it is.`,
    });
    return succeeded;
  },
};

function listed(earlier: ReturnType<Sessions['earlier']>): { markdown: string; text: string } {
  if (earlier.length === 0) {
    const none = 'There is no earlier conversation of this notebook.';
    return { markdown: none, text: none };
  }
  const rows = earlier.map(
    ({ at, prompts, title }, index) => [index + 1, dayAndTime(at), prompts, title] as const,
  );
  return {
    markdown: [
      '| | last step | prompts | begins with |',
      '| ---: | --- | ---: | --- |',
      ...rows.map(
        ([number, at, prompts, title]) =>
          `| ${number} | ${at} | ${prompts} | \`${title.replaceAll(/[`|\\]/g, ' ')}\` |`,
      ),
    ].join('\n'),
    text: rows
      .map(([number, at, prompts, title]) => `${number}: ${at}, ${prompts} prompts: ${title}`)
      .join('\n'),
  };
}

const dayAndTime = (at: string): string => at.slice(0, 16).replace('T', ' ') + ' UTC';
