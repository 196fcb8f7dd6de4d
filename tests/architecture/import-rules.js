/**
 * Who may import whom: for each folder (or file), the folders of this project it may import besides itself.
 * The linter and tests/architecture/imports.test.ts both read this table.
 */
const contracts = {
  sandbox: 'kernel/sandbox/contract.ts',
  providers: 'kernel/providers/contract.ts',
  tools: 'kernel/tools/contract.ts',
  interpreter: 'kernel/interpreter/contract.ts',
  output: 'kernel/output/contract.ts',
  wire: 'kernel/wire/contract.ts',
  events: 'kernel/loop/events.ts',
};

const everyone = ['kernel/errors.ts', 'kernel/paths.ts'];

/** @type {Record<string, string[]>} */
export const allowed = {
  'kernel/protocol': [],
  'kernel/wire': ['kernel/protocol'],
  'kernel/router': [
    'kernel/protocol',
    contracts.wire,
    contracts.output,
    contracts.interpreter,
    contracts.events,
    contracts.sandbox,
  ],
  'kernel/interpreter': [
    'kernel/loop',
    contracts.sandbox,
    contracts.tools,
    contracts.providers,
    'kernel/config.ts',
    'kernel/check/contract.ts',
  ],
  'kernel/loop': [contracts.providers, contracts.tools, contracts.sandbox, 'kernel/economy'],
  'kernel/economy': [contracts.providers],
  'kernel/providers': ['kernel/config.ts'],
  'kernel/tools': ['kernel/sandbox'],
  'kernel/sandbox': ['kernel/config.ts'],
  'kernel/output': ['kernel/protocol', contracts.events, contracts.sandbox, contracts.tools],
  'kernel/check': ['kernel/config.ts', 'kernel/providers', 'kernel/sandbox'],
  server: ['kernel/protocol'],
};

/** Zones for `import-x/no-restricted-paths`. */
export const zones = Object.entries(allowed).map(([folder, targets]) => ({
  target: `./${folder}`,
  from: folder === 'server' ? './kernel' : ['./kernel', './server'],
  except: [],
  ...exceptFor(folder, targets),
}));

function exceptFor(folder, targets) {
  const reachable = [folder, ...targets, ...everyone];
  const from = [`./kernel/!(__none__)`, './server'];
  void from;
  return {
    from: folder === 'server' ? './kernel' : '.',
    except: reachable
      .map((path) => (folder === 'server' ? `./${path.replace(/^kernel\//, '')}` : `./${path}`))
      .concat(folder === 'server' ? [] : ['./node_modules']),
    message: `${folder} may import only: ${reachable.join(', ')} (docs/architecture)`,
  };
}
