import { expect, it } from 'vitest';
import { capabilities } from '../../../kernel/policy/contract.ts';
import { words } from '../../../kernel/policy/policy.ts';
import { profileNames, profiles } from '../../../kernel/policy/profiles.ts';

const introduction = `# What helpers may ask for

Before a helper runs, its code is read (not run), and what it asks for is decided by the session's profile: \`profile\` in
the [configuration](configuration.md), \`%sandbox strict|data|open\`, or the notebook's metadata
(\`{"replique": {"profile": "data"}}\`; what is looser is asked of you). \`ask\` asks you; where nobody can be asked it is
\`deny\`, and the result says so. Once a host is open (\`%allow\`), code may ask for the network in any profile: which host it
reaches is the proxy's to decide. \`/etc/replique/config.json\` with \`{"profile": "strict"}\` fixes the loosest that can be
set. This page is generated from \`kernel/policy/\` (\`npm test -- tests/unit/docs -u\` writes it anew).
`;

function reference(): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    introduction,
    row(['it asks', ...profileNames.map((name) => `\`${name}\``), 'what allows it']),
    row(['---', ...profileNames.map(() => '---'), '---']),
    ...capabilities.map((capability) =>
      row([
        `${words[capability].asks} (\`${capability}\`)`,
        ...profileNames.map((name) => profiles[name].decisions[capability]),
        words[capability].remedy,
      ]),
    ),
    '',
    ...profileNames.map((name) => `- \`${name}\`: ${profiles[name].summary}.`),
    '',
  ].join('\n');
}

it('the reference of the policy has every capability and profile', async () => {
  await expect(reference()).toMatchFileSnapshot('../../../docs/reference/policy.md');
});
