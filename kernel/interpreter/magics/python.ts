import type { Magic } from './contract.ts';

export const python: Magic = {
  name: 'python',
  kind: 'cell',
  usage: '%%python',
  summary: 'Runs the rest of the cell as Python in the sandbox, without a model.',
  run: (_args, body, context) => context.runCode(body, 'python'),
};
