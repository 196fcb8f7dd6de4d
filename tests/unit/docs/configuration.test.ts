import { expect, it } from 'vitest';
import { configKeys } from '../../../kernel/config.ts';

const introduction = `# Configuration

One JSON object in \`~/.config/replique/config.json\` (\`$XDG_CONFIG_HOME/replique/config.json\`); an environment variable
wins over the file. An unknown key or a value that does not fit is an error that names it. This page is generated from
\`kernel/config.ts\` (\`npm test -- tests/unit/docs -u\` writes it anew).
`;

function reference(): string {
  const rows = configKeys().map(
    ({ key, variable, fallback, description }) =>
      `| \`${key}\` | ${variable === undefined ? '' : `\`${variable}\``} | ${fallback === undefined ? '' : `\`${fallback}\``} | ${description} |`,
  );
  return [
    introduction,
    '| key | variable | default | what it is for |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

it('the configuration reference names every key', async () => {
  expect(configKeys().every(({ description }) => description !== '')).toBe(true);
  await expect(reference()).toMatchFileSnapshot('../../../docs/reference/configuration.md');
});
