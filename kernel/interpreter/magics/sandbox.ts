import { failed, plainError } from '../code-cell.ts';
import { succeeded, type Magic, type SandboxControl } from './contract.ts';

export const sandbox: Magic = {
  name: 'sandbox',
  kind: 'line',
  usage: '%sandbox [strict|data|open]',
  summary:
    'Shows what is in force, layer by layer, as it is found now; with a name, sets what helpers may ask for.',
  complete: (before, _word, { sandbox: control }) =>
    before === '' ? control.profiles.map(({ name }) => name) : [],
  async run(args, _body, { request, sandbox: control }) {
    if (args !== '') {
      const problem = control.setProfile(args);
      if (problem !== undefined) return failed(request, plainError('SandboxProfile', problem), false);
    }
    const rows = await control.layers();
    request.emit({ type: 'page', markdown: markdown(rows, control), text: plain(rows, control) });
    return succeeded;
  },
};

type Rows = Awaited<ReturnType<SandboxControl['layers']>>;

function markdown(rows: Rows, control: SandboxControl): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [
    '| layer | in force |',
    '| --- | --- |',
    ...rows.map(({ layer, what }) => `| ${layer} | ${cell(what)} |`),
    '',
    `| may helpers | ${control.profiles.map(({ name, isSet }) => (isSet ? `**${name}**` : name)).join(' | ')} |`,
    `| --- | ${control.profiles.map(() => '---').join(' | ')} |`,
    ...control.capabilities.map(
      (capability) =>
        `| ${capability} | ${control.profiles.map(({ decisions }) => decisions[capability] ?? '').join(' | ')} |`,
    ),
  ].join('\n');
}

function plain(rows: Rows, control: SandboxControl): string {
  const set = control.profiles.find(({ isSet }) => isSet);
  return [
    ...rows.map(({ layer, what }) => `${layer}: ${what.replaceAll(/\*\*|`/g, '')}`),
    ...control.capabilities.map((capability) => `${capability}: ${set?.decisions[capability] ?? ''}`),
  ].join('\n');
}
