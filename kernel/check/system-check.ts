import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { auditProblem } from '../audit/check.ts';
import type { Config } from '../config.ts';
import { repliqueError } from '../errors.ts';
import { auditDir, auditKeyFile, dataDir } from '../paths.ts';
import type { CheckLine, CheckReport } from '../protocol/setup.ts';
import { selectProvider, type Selection } from '../providers/select.ts';
import { probeSandbox } from '../sandbox/probe.ts';
import { locatePython } from '../sandbox/python.ts';
import { remedyOf } from './remedy.ts';

const smallestNode = [20, 19] as const;
const freeBytesWanted = 2e9;
const otherProviderMs = 5000;

/**
 * The system check: Node, Python, the sandbox's layers in force, provider and model with a real one-token call, disk.
 * @param selection the provider in use; absent: one is chosen for the check and closed after it
 */
export async function systemCheck(
  config: Config,
  signal: AbortSignal,
  selection?: Selection,
): Promise<CheckReport> {
  const groups = await Promise.all([
    pythonLine(config),
    sandboxLines(config),
    providerLines(config, signal, selection),
    diskLine(),
  ]);
  const lines = [nodeLine(process.versions.node), auditLine(config), ...groups.flat()];
  return { ok: lines.every((line) => line.ok || !line.needed), lines };
}

/** @param version as `process.versions.node` has it */
export function nodeLine(version: string): CheckLine {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > smallestNode[0] || (major === smallestNode[0] && minor >= smallestNode[1]);
  const line = { name: 'Node', ok, needed: true, detail: version };
  return ok ? line : { ...line, remedy: `Install Node ${smallestNode.join('.')} or newer.` };
}

function auditLine({ audit, auditDir: configured }: Config): CheckLine {
  const directory = configured ?? auditDir();
  if (audit === 'off') {
    const detail = 'off: what code runs is not recorded';
    return { name: 'Audit', ok: false, needed: false, detail, remedy: 'Run `unset REPLIQUE_AUDIT`.' };
  }
  const problem = auditProblem(directory, auditKeyFile());
  if (problem !== undefined)
    return failure('Audit', repliqueError('AUDIT_UNWRITABLE', { directory, problem }));
  return { name: 'Audit', ok: true, needed: true, detail: `recorded in ${directory}` };
}

async function pythonLine(config: Config): Promise<CheckLine> {
  try {
    const { executable, version } = await locatePython(config);
    return { name: 'Python', ok: true, needed: true, detail: `${version} with IPython, ${executable}` };
  } catch (error) {
    return failure('Python', error);
  }
}

async function sandboxLines(config: Config): Promise<readonly CheckLine[]> {
  try {
    const lines = await probeSandbox(config);
    return lines.map((line) => ({ ...line, name: `Sandbox: ${line.name}`, needed: true }));
  } catch (error) {
    return [failure('Sandbox', error)];
  }
}

async function providerLines(
  config: Config,
  signal: AbortSignal,
  selection: Selection | undefined,
): Promise<readonly CheckLine[]> {
  let chosen: Selection;
  try {
    chosen = selection ?? (await selectProvider(config, signal));
  } catch (error) {
    return [failure('Provider', error), ...(await otherLines(config, signal, config.provider))];
  }
  const { provider, reason } = chosen;
  try {
    const [model, others] = await Promise.all([
      modelLine(chosen, signal),
      otherLines(config, signal, provider.name),
    ]);
    const detail = `${provider.name}. ${reason}`;
    return [{ name: 'Provider', ok: true, needed: true, detail }, model, ...others];
  } finally {
    if (!selection) await provider.close();
  }
}

/** A real one-token call. */
async function modelLine({ provider, model }: Selection, signal: AbortSignal): Promise<CheckLine> {
  const { ok, detail, latencyMs, remedy } = await provider.heartbeat(model, signal);
  const shown = ok ? `${detail} (${String(Math.round(latencyMs))} ms)` : detail;
  const line = { name: `Model ${model}`, ok, needed: true, detail: shown };
  return remedy === undefined ? line : { ...line, remedy };
}

/** The providers that were not chosen, each with the same call; the embedded one only when chosen, for it loads 1 GB. */
async function otherLines(
  config: Config,
  signal: AbortSignal,
  chosen: string,
): Promise<readonly CheckLine[]> {
  const names = (['ollama', 'groq', 'openai'] as const).filter((name) => name !== chosen);
  return Promise.all(
    names.map(async (name) => {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(otherProviderMs)]);
      try {
        const selection = await selectProvider(withoutModel({ ...config, provider: name }), limited);
        try {
          return { ...(await modelLine(selection, limited)), name: `Also ${name}`, needed: false };
        } finally {
          await selection.provider.close();
        }
      } catch (error) {
        return { ...failure(`Also ${name}`, error), needed: false };
      }
    }),
  );
}

/** The configured model is the chosen provider's. */
function withoutModel(config: Config): Config {
  const copy = { ...config };
  delete copy.model;
  return copy;
}

async function diskLine(): Promise<CheckLine> {
  let directory = dataDir();
  for (;;) {
    try {
      const { bavail, bsize } = await statfs(directory);
      const free = bavail * bsize;
      const ok = free >= freeBytesWanted;
      const detail = `${(free / 1e9).toFixed(1)} GB free for ${dataDir()}`;
      const line = { name: 'Disk', ok, needed: false, detail };
      return ok ? line : { ...line, remedy: 'Make room: the embedded model needs 2 GB.' };
    } catch (error) {
      if (dirname(directory) === directory) return failure('Disk', error);
      directory = dirname(directory);
    }
  }
}

function failure(name: string, error: unknown): CheckLine {
  const remedy = remedyOf(error);
  const detail = (error as Error).message;
  return { name, ok: false, needed: true, detail, ...(remedy !== undefined && { remedy }) };
}
