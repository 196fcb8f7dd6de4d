import type { CheckLine } from '../../protocol/setup.ts';
import { succeeded, type Magic } from './contract.ts';

const mark = (line: CheckLine): string => (line.ok ? '✓' : line.needed ? '✗' : '–');

export const check: Magic = {
  name: 'check',
  kind: 'line',
  usage: '%check',
  summary: 'Checks the system: sandbox, Python, provider and model, disk; says what mends what is wrong.',
  async run(_args, _body, context) {
    const { lines } = await context.systemCheck(context.request.signal);
    const remedy = (line: CheckLine): string => (line.remedy === undefined ? '' : ` → ${line.remedy}`);
    const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
    context.request.emit({
      type: 'page',
      markdown: [
        '| | check | |',
        '| --- | --- | --- |',
        ...lines.map((line) => `| ${mark(line)} | ${line.name} | ${cell(line.detail + remedy(line))} |`),
      ].join('\n'),
      text: lines.map((line) => `${mark(line)} ${line.name}: ${line.detail}${remedy(line)}`).join('\n'),
    });
    return succeeded;
  },
};
