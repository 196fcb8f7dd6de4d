import type { Magic } from './contract.ts';

export const bash: Magic = {
  name: 'bash',
  kind: 'cell',
  usage: '%%bash',
  summary: 'Runs the rest of the cell as bash in the sandbox, without a model.',
  run: (_args, body, context) => context.runCode(body, 'bash'),
};
