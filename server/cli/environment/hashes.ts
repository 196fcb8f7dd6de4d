import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { normalized, type Environment, type Present } from '../../../kernel/environment/schema.ts';
import { readRegularFile } from '../../../kernel/files.ts';
import { temporaryDir } from '../../../kernel/paths.ts';
import { makeEmpty, pipOptions, runPython } from '../setup/python-env.ts';
import { lastLines } from '../setup/run-command.ts';
import { baseOf } from './base.ts';

/** SHA-256, hex, of the wheels that may be installed for a package, by its normalized name. */
export type Hashes = ReadonlyMap<string, readonly string[]>;

/** How long the index may take for all packages: without an answer in advance pip fetches each wheel. */
const mostMs = 5 * 60_000;

/** Bytes of a report: it holds the description of each package. */
const mostReportBytes = 64 * 2 ** 20;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** https://pip.pypa.io/en/stable/reference/installation-report/ */
const reportSchema = z.object({
  install: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      download_info: z.object({
        url: z.string(),
        archive_info: z.object({ hashes: z.object({ sha256: sha256.optional() }).optional() }).optional(),
      }),
    }),
  ),
});

/**
 * The hashes of the wheels that pip would install for an environment here, as pip's index has them now. Nothing is installed.
 * @throws Error with the reason, as a sentence, where they can't all be known
 */
export async function wheelHashes(environment: Environment, present: Present): Promise<Hashes> {
  const { platform, arch, python } = environment;
  const here = present.environment;
  if (platform !== here.platform || arch !== here.arch) {
    throw new Error(`They are those of ${platform} ${arch}, and this is ${here.platform} ${here.arch}.`);
  }
  const names = Object.keys(python.packages).filter((name) => python.elsewhere?.includes(name) !== true);
  const base = await baseOf(environment, present).catch((error: unknown) => {
    throw new Error(`For them ${(error as Error).message}`, { cause: error });
  });
  const drafts = await mkdtemp(join(temporaryDir(), 'replique-'));
  try {
    const pip = await pipOf([present.python, base.executable], base.version, () =>
      makeEmpty(join(drafts, 'env'), base),
    );
    const requirements = join(drafts, 'requirements.txt');
    await writeFile(requirements, names.map((name) => `${name}==${python.packages[name]}\n`).join(''));
    const report = join(drafts, 'report.json');
    await askPip(pip, requirements, report);
    const found = await hashesIn(readRegularFile(report, mostReportBytes));
    const missing = names.find((name) => !found.has(name));
    if (missing !== undefined) throw new Error(`The index does not tell that of ${missing}.`);
    return found;
  } finally {
    await rm(drafts, { recursive: true, force: true });
  }
}

/** That of a Python which has one and is of that version; else that of an empty environment. */
async function pipOf(
  pythons: readonly string[],
  version: string,
  makeOne: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const ofVersion = `(python ${version.split('.').slice(0, 2).join('.')})`;
  for (const python of pythons) {
    const said = await runPython(python, ['-m', 'pip', '--version']);
    if (said.status === 0 && said.stdout.includes(ofVersion)) return [python, '-m', 'pip'];
  }
  return makeOne();
}

async function askPip(
  [command = '', ...args]: readonly string[],
  requirements: string,
  report: string,
): Promise<void> {
  const signal = AbortSignal.timeout(mostMs);
  const only = [
    '--retries',
    '1',
    '--dry-run',
    '--ignore-installed',
    '--only-binary',
    ':all:',
    '--report',
    report,
  ];
  const asked = [...args, 'install', ...pipOptions, ...only, '-r', requirements];
  const result = await runPython(command, asked, { signal });
  if (signal.aborted) throw new Error('The index took too long.');
  if (result.status !== 0) throw new Error(lastLines(result, 1));
}

async function hashesIn(text: string): Promise<Hashes> {
  const parsed = reportSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error('pip’s report is not one that is understood.');
  const found = new Map<string, readonly string[]>();
  for (const { metadata, download_info: from } of parsed.data.install) {
    const told = from.archive_info?.hashes?.sha256;
    const hash = told ?? (from.url.startsWith('file:') ? await hashOf(fileURLToPath(from.url)) : undefined);
    if (hash !== undefined) found.set(normalized(metadata.name), [hash]);
  }
  return found;
}

/** Of a folder of wheels pip tells no hashes. */
async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
