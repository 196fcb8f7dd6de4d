import type { ExecuteOptions, ExecuteOutcome } from '../sandbox/contract.ts';
import { delegatingWorker } from '../sandbox/delegating-worker.ts';
import type { SessionWorker } from '../sandbox/session-worker.ts';
import type { Capability, Decision, Finding } from './contract.ts';
import { judge } from './judge.ts';
import { words, type Policy } from './policy.ts';

/** What was decided on one block, for the record. */
interface Verdict {
  readonly decisions: readonly { readonly capability: string; readonly decision: Decision }[];
  readonly answered?: boolean;
  readonly runs: boolean;
}

export interface PolicedOptions {
  readonly policy: Policy;
  /** Whether some host may be reached. */
  readonly hasHosts: () => boolean;
  /** Told of each helper that asked for something, or was refused. Must not throw. */
  readonly onVerdict: (verdict: Verdict, run: ExecuteOptions) => void;
}

/** Layer 1: what judges helpers before they run, and asks the person whom their cell belongs to. */
export interface Policing {
  /** Makes a worker whose helpers are judged. What a person types is not: it is their own. */
  wrap(worker: SessionWorker): SessionWorker;
  /** Asks about a host that running code wants to reach; no where nobody can be asked. The answer holds for the session. */
  askHost(host: string, port: number): Promise<boolean>;
}

export function createPolicing(options: PolicedOptions): Policing {
  const hosts = new Map<string, Promise<boolean>>();
  /** The first runs; the others wait for it. */
  const runs = new Set<ExecuteOptions>();
  const execute = async (worker: SessionWorker, run: ExecuteOptions): Promise<ExecuteOutcome> => {
    runs.add(run);
    try {
      if (run.origin?.kind !== 'helper') return await worker.execute(run);
      const began = performance.now();
      const problem = await examine(run, options);
      if (problem === undefined) return await worker.execute(run);
      const error = { ename: 'NotAllowed', evalue: problem, traceback: [problem] };
      return { status: 'error', error, durationMs: performance.now() - began };
    } finally {
      runs.delete(run);
    }
  };
  return {
    wrap: (worker) => delegatingWorker(worker, { execute: (run) => execute(worker, run) }),
    askHost: (host, port) => {
      const [running] = runs;
      const onInput = running?.onInput;
      if (onInput === undefined || hosts.size >= mostHosts) return Promise.resolve(false);
      const name = `${host}:${port}`;
      const answer =
        hosts.get(name) ??
        onInput(`Code wants to reach ${name}. Allow it for this session? [y/N] `, false).then(
          isYes,
          () => false,
        );
      hosts.set(name, answer);
      return answer;
    },
  };
}

const mostHosts = 200;
export const isYes = (said: string): boolean => /^\s*(y|yes)\s*$/i.test(said);

/** Why the block may not run; `undefined` where it may. */
async function examine(
  run: ExecuteOptions,
  { policy, hasHosts, onVerdict }: PolicedOptions,
): Promise<string | undefined> {
  const judgement = await judge(run.code, run.language);
  if (judgement.kind === 'refused') {
    onVerdict({ decisions: [{ capability: judgement.rule, decision: 'deny' }], runs: false }, run);
    return `Not run (validation, ${judgement.rule}): ${judgement.sentence}`;
  }
  const open = hasHosts();
  const first = new Map<Capability, Finding>();
  for (const finding of judgement.findings)
    if (!first.has(finding.capability)) first.set(finding.capability, finding);
  const decided = [...first.values()].map((finding) => ({ finding, decision: policy.decide(finding, open) }));
  const denied = decided.find(({ decision }) => decision === 'deny');
  const asked = decided.filter(({ decision }) => decision === 'ask').map(({ finding }) => finding);
  const answer = denied === undefined && asked.length > 0 ? await ask(asked, run) : undefined;
  if (answer !== undefined) for (const { capability } of asked) policy.answered(capability, answer);
  const isAskedInVain = asked.length > 0 && answer !== true;
  const runs = denied === undefined && !isAskedInVain;
  if (decided.length > 0) {
    const decisions = decided.map(({ finding, decision }) => ({ capability: finding.capability, decision }));
    onVerdict({ decisions, ...(answer !== undefined && { answered: answer }), runs }, run);
  }
  if (denied !== undefined) return refusal(denied.finding, `the profile ${policy.profile} denies that`);
  const [unanswered] = asked;
  if (unanswered === undefined || answer === true) return undefined;
  return refusal(unanswered, answer === false ? 'you said no' : 'nobody can be asked here');
}

/** `undefined` where nobody can be asked, or no answer came. */
async function ask(findings: readonly Finding[], { onInput }: ExecuteOptions): Promise<boolean | undefined> {
  if (onInput === undefined) return undefined;
  const what = findings.map(
    ({ capability, line, text }) => `${words[capability].asks} (line ${line}: ${text})`,
  );
  const said = await onInput(
    `A helper asks ${what.join(', ')}. Allow it for this session? [y/N] `,
    false,
  ).catch(() => undefined);
  return said === undefined ? undefined : isYes(said);
}

function refusal({ capability, line, text }: Finding, why: string): string {
  const { asks, remedy } = words[capability];
  return `Not run (validation, ${capability}): it asks ${asks} in line ${line} (\`${text}\`), and ${why}. What allows it: ${remedy}.`;
}
