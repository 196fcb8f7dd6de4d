import { RepliqueError } from '../../errors.ts';
import { failed, plainError } from '../code-cell.ts';
import { succeeded, type Magic, type Network, type SandboxControl } from './contract.ts';

const sentences: Readonly<Record<SandboxControl['reach'], (hosts: string) => string>> = {
  'what is allowed': (hosts) =>
    hosts === ''
      ? 'Helpers reach no host. `%allow host` opens one for this session.'
      : `Helpers may reach: ${hosts}.`,
  everything: () => 'There is no sandbox: helpers reach every host that you do, whatever is allowed here.',
  nothing: () => 'On macOS helpers reach no host, whatever is allowed here.',
};

export const allow: Magic = {
  name: 'allow',
  kind: 'line',
  usage: '%allow [-d] [host[:port] …]',
  summary: 'Lets helpers reach these hosts for this session, or with `-d` no longer; alone, lists them.',
  complete: (before, _word, { network }) => {
    const isRemoving = before.trimStart().startsWith('-d');
    return isRemoving ? network.allowed() : before === '' ? ['-d'] : [];
  },
  run(args, _body, { request, network, sandbox }) {
    const words = args.split(/\s+/).filter((word) => word !== '');
    const removes = words[0] === '-d';
    try {
      const strangers = change(network, removes, removes ? words.slice(1) : words);
      const hosts = network.allowed();
      const text = [
        ...strangers.map((host) => `${host} was not allowed.`),
        sentences[sandbox.reach](hosts.map((host) => `\`${host}\``).join(', ')),
      ].join('\n');
      request.emit({ type: 'page', markdown: text, text: text.replaceAll('`', '') });
      return Promise.resolve(succeeded);
    } catch (error) {
      if (!(error instanceof RepliqueError)) throw error;
      const { message, remedy } = error;
      return Promise.resolve(failed(request, plainError('InvalidHost', `${message} ${remedy}`), false));
    }
  },
};

/** Returns those that were to be removed and were not there. */
function change(network: Network, removes: boolean, hosts: readonly string[]): readonly string[] {
  if (removes) return hosts.filter((host) => !network.remove(host));
  network.allow(...hosts);
  return [];
}
