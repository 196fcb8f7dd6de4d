// Bundles the programs into dist/: kernel.js, model-host.js, replique.js and the chunks that they load when needed.
import { build } from 'esbuild';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { sourceHash } from './dev/freshness.mjs';

const programs = {
  kernel: 'kernel/main.ts',
  library: 'kernel/library.ts',
  'model-host': 'kernel/providers/embedded/host.ts',
  replique: 'server/cli/main.ts',
  'dev/prepare': 'server/cli/dev/prepare.ts',
  'dev/bench': 'tests/bench/main.ts',
  'dev/chaos': 'tests/chaos/main.ts',
  'dev/eval': 'tests/eval/main.ts',
  'dev/fuzz': 'tests/fuzz/main.ts',
  'dev/kills': 'tests/kills/main.ts',
  'dev/sessions': 'tests/security/sessions-main.ts',
  'dev/timeline': 'tests/timeline/main.ts',
};

/** Native, or installed on first use: resolved when the program runs. */
const external = ['zeromq', 'libsql', 'node-llama-cpp', '@lydell/node-pty'];

/** Bundled CommonJS packages call `require` for Node's own modules, and ask for their file's name. */
const banner =
  "import { createRequire as nodeRequire } from 'node:module';\nconst require = nodeRequire(import.meta.url);\n" +
  "import { fileURLToPath as fileOfUrl } from 'node:url';\nconst __filename = fileOfUrl(import.meta.url);";

/** zod's `z` holds all of it; as a namespace of the module only what is used gets bundled (50 ms of start-up). */
const onlyUsedZod = {
  name: 'only-used-zod',
  setup(builder) {
    builder.onLoad({ filter: /[\\/](kernel|server|tests)[\\/].*\.ts$/ }, ({ path }) => ({
      contents: usingNamespace(readFileSync(path, 'utf8')),
      loader: 'ts',
    }));
  },
};

function usingNamespace(source) {
  return source.replace(
    /^import \{ z(?:, (type [^}]*))? \} from 'zod';$/m,
    (_, types) => `import * as z from 'zod';${types ? ` import { ${types} } from 'zod';` : ''}`,
  );
}

function copyFiles(root, out) {
  const sandbox = join(root, 'kernel', 'sandbox');
  const withoutCache = { recursive: true, filter: (path) => basename(path) !== '__pycache__' };
  cpSync(join(sandbox, 'worker'), join(out, 'worker'), withoutCache);
  for (const name of readdirSync(sandbox)) {
    if (name.endsWith('.py')) cpSync(join(sandbox, name), join(out, name));
  }
  const grammars = join(root, 'node_modules/@vscode/tree-sitter-wasm/wasm');
  for (const name of ['tree-sitter.wasm', 'tree-sitter-python.wasm', 'tree-sitter-bash.wasm']) {
    cpSync(join(grammars, name), join(out, 'tree-sitter', name));
  }
  cpSync(join(root, 'server/services/nbconvert/convert.py'), join(out, 'convert.py'));
  cpSync(join(root, 'server/cli/setup/lab-requirements.txt'), join(out, 'lab-requirements.txt'));
}

/**
 * The extension of JupyterLab: one script, named after what it holds, and the package.json that says so. Without a script of webpack's,
 * since it shares no module of its own.
 */
async function buildExtension(root, out) {
  const source = join(root, 'extension');
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const place = join(out, 'labextensions', manifest.name);
  const { outputFiles } = await build({
    ...{ entryPoints: [join(source, 'src/index.ts')], outdir: join(place, 'static') },
    ...{ bundle: true, minify: true, format: 'iife', platform: 'browser', target: 'es2022' },
    ...{ entryNames: 'remoteEntry.[hash]', write: false, logLevel: 'warning' },
  });
  mkdirSync(join(place, 'static'), { recursive: true });
  for (const { path, contents } of outputFiles) {
    writeFileSync(path, contents);
    manifest.jupyterlab._build.load = join('static', basename(path));
  }
  writeFileSync(join(place, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Builds into a fresh directory and puts it in place of dist/ when it is complete. */
export async function buildAll(root) {
  const hash = sourceHash(root);
  const out = join(root, `dist.${process.pid}`);
  const old = join(root, `dist.${process.pid}.old`);
  try {
    mkdirSync(out);
    const present = Object.entries(programs).filter(([, source]) => existsSync(join(root, source)));
    await build({
      absWorkingDir: root,
      entryPoints: Object.fromEntries(present),
      outdir: out,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      chunkNames: '[name]-[hash]',
      external,
      plugins: [onlyUsedZod],
      banner: { js: banner },
      legalComments: 'external',
      logLevel: 'warning',
    });
    copyFiles(root, out);
    await buildExtension(root, out);
    writeFileSync(join(out, '.sources'), hash);
    if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old);
    renameSync(out, join(root, 'dist'));
  } finally {
    rmSync(out, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}
