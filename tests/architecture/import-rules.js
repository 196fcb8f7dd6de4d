/**
 * Who may import whom: for each folder, the folders and files of this project that it may import besides itself.
 * The linter and imports.test.ts both read this table. kernel/kernel.ts and kernel/run-kernel.ts, which join the layers,
 * are not in it.
 */
const contract = {
  sandbox: 'kernel/sandbox/contract.ts',
  providers: 'kernel/providers/contract.ts',
  tools: 'kernel/tools/contract.ts',
  interpreter: 'kernel/interpreter/contract.ts',
  output: 'kernel/output/contract.ts',
  wire: 'kernel/wire/contract.ts',
  events: 'kernel/loop/events.ts',
};
/** What a record of the environment is. */
const environment = 'kernel/environment/schema.ts';
const config = 'kernel/config.ts';
const everyone = [
  'kernel/alive.ts',
  'kernel/errors.ts',
  'kernel/files.ts',
  'kernel/kernelspecs.ts',
  'kernel/markup.ts',
  'kernel/near.ts',
  'kernel/paths.ts',
  'kernel/processes.ts',
  'kernel/turns.ts',
];

/** What a resource of the server's API is made with. */
const serverHttp = ['server/http', 'server/config.ts'];

/** @type {Record<string, string[]>} */
export const allowed = {
  'kernel/protocol': [],
  'kernel/wire': ['kernel/protocol'],
  'kernel/router': [
    'kernel/protocol',
    contract.wire,
    contract.output,
    contract.interpreter,
    contract.events,
    contract.sandbox,
  ],
  'kernel/interpreter': [
    'kernel/loop',
    'kernel/protocol/setup.ts',
    'kernel/sandbox/files',
    'kernel/timeline',
    contract.sandbox,
    contract.tools,
    contract.providers,
  ],
  'kernel/loop': ['kernel/economy', environment, contract.providers, contract.tools, contract.sandbox],
  'kernel/tape': [
    environment,
    'kernel/loop',
    'kernel/output/schema.ts',
    'kernel/output/seal.ts',
    'kernel/output/firewall/frame.ts',
    'kernel/interpreter/cell.ts',
    'kernel/sandbox/session-worker.ts',
    'kernel/sandbox/delegating-worker.ts',
    contract.interpreter,
    contract.output,
    contract.providers,
    contract.sandbox,
    contract.tools,
  ],
  'kernel/environment': [
    config,
    'kernel/loop/continuation-manager.ts',
    'kernel/providers/identity.ts',
    'kernel/sandbox/python.ts',
    'kernel/sandbox/python-cache.ts',
    contract.events,
  ],
  'kernel/economy': [contract.providers],
  'kernel/providers': [config, 'kernel/economy/estimate.ts', 'kernel/economy/usage.ts'],
  'kernel/session': [],
  'kernel/timeline': [
    'kernel/loop/mark.ts',
    'kernel/sandbox/delegating-worker.ts',
    'kernel/sandbox/files/descriptors.ts',
    'kernel/sandbox/files/names.ts',
    'kernel/sandbox/files/words.ts',
    'kernel/sandbox/session-worker.ts',
    contract.sandbox,
  ],
  'kernel/history': ['kernel/protocol/messages.ts'],
  'kernel/tools': ['kernel/sandbox'],
  'kernel/sandbox': [config],
  'kernel/output': [
    environment,
    'kernel/protocol',
    'kernel/loop/key.ts',
    contract.events,
    contract.sandbox,
    contract.tools,
  ],
  'kernel/timeline/files': ['kernel/sandbox/files'],
  'kernel/egress': [contract.sandbox],
  'kernel/policy': [
    contract.sandbox,
    'kernel/sandbox/delegating-worker.ts',
    'kernel/sandbox/session-worker.ts',
  ],
  'kernel/audit': [
    'kernel/protocol/audit.ts',
    'kernel/egress/proxy.ts',
    contract.sandbox,
    'kernel/sandbox/session-worker.ts',
    'kernel/sandbox/delegating-worker.ts',
  ],
  'kernel/check': [
    config,
    'kernel/audit/check.ts',
    'kernel/protocol/setup.ts',
    'kernel/providers',
    'kernel/sandbox',
  ],
  'kernel/overview': [
    config,
    'kernel/audit/files.ts',
    'kernel/audit/verify.ts',
    'kernel/protocol/audit.ts',
    'kernel/session/schema.ts',
    'kernel/timeline/journal',
    'kernel/timeline/node.ts',
  ],
  server: [
    environment,
    'kernel/overview',

    'kernel/environment/compare.ts',
    'kernel/protocol',
    'kernel/output/firewall',
    'kernel/output/format.ts',
    'kernel/interpreter/cell.ts',
    'kernel/interpreter/parameters.ts',
    'kernel/sandbox/files/excerpt.ts',
    'kernel/sandbox/files/place.ts',
  ],
  'server/http': ['server/config.ts'],
  'server/services/api': serverHttp,
  'server/services/status': serverHttp,
  'server/services/me': serverHttp,
  'server/services/config': serverHttp,
  'server/services/kernelspecs': serverHttp,
  'server/services/kernels': [...serverHttp, 'kernel/protocol', 'server/services/kernelspecs/manager.ts'],
  'server/services/sessions': [...serverHttp, 'server/services/kernels'],
  'server/services/contents': serverHttp,
  'server/services/journal': [
    ...serverHttp,
    'kernel/protocol',
    'server/outputs.ts',
    'server/services/contents/notebook',
    'server/services/contents/pending.ts',
    'server/services/kernels',
  ],
  'server/services/replique': [
    ...serverHttp,
    'kernel/protocol',
    'server/services/contents',
    'server/services/journal',
    'server/services/kernels',
    'server/services/sessions',
  ],
};

/** The paths that a folder may import, itself included. */
export const reachable = (folder) => [folder, ...(allowed[folder] ?? []), ...everyone];

/** Zones for `import-x/no-restricted-paths`. */
export const zones = Object.keys(allowed).map((folder) => ({
  target: `./${folder}`,
  from: '.',
  except: [...reachable(folder), 'node_modules', 'package.json'].map((path) => `./${path}`),
  message: `${folder} may import only: ${reachable(folder).join(', ')}`,
}));
