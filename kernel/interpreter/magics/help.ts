import { succeeded, type Magic } from './contract.ts';

const introduction =
  'Each cell is a prompt: write what you want to know, in words. The model may run helper code in the sandbox; ' +
  'you see every turn and every result.';

export const help: Magic = {
  name: 'help',
  kind: 'line',
  usage: '%help',
  summary: 'Lists the magics.',
  run(_args, _body, context) {
    const width = Math.max(...context.magics.map(({ usage }) => usage.length));
    const rows = context.magics.map(({ usage, summary }) => `| \`${usage}\` | ${summary} |`);
    const lines = context.magics.map(({ usage, summary }) => `${usage.padEnd(width)}  ${summary}`);
    context.request.emit({
      type: 'page',
      markdown: [introduction, '', '| magic | what it does |', '| --- | --- |', ...rows].join('\n'),
      text: [introduction, '', ...lines].join('\n'),
    });
    return Promise.resolve(succeeded);
  },
};
