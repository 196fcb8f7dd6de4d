import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KernelUnderTest, type RanCell } from '../support/kernels.ts';
import { ChaosPeer, Stage } from './peer.ts';
import type { Fault, Plan } from './plan.ts';

const hangMs = 90_000;
const savedMs = 5_000;
/** Names of the errors that a cell may end with here. */
const reasons = [
  'ProviderError',
  'Interrupted',
  'KeyboardInterrupt',
  'TurnLimit',
  'Malformed',
  'EmptyReply',
  'Repetition',
];

/** What came of one loop. */
export interface Played {
  readonly plan: Plan;
  /** `final`, or the error's name. */
  readonly end: string;
  /** What must not be. */
  readonly problems: readonly string[];
}

export interface Batch {
  readonly loops: readonly Played[];
  readonly faults: ReadonlyMap<Fault, number>;
}

/** Plays some loops in one kernel, one after another. */
export async function playBatch(plans: readonly Plan[]): Promise<Batch> {
  const stage = new Stage();
  const [primary, fallback] = [new ChaosPeer('primary', stage), new ChaosPeer('fallback', stage)];
  await Promise.all([primary.open(), fallback.open()]);
  const sessionsDir = mkdtempSync(join(tmpdir(), 'replique-chaos-'));
  const kernel = await KernelUnderTest.start({
    sessionsDir,
    config: {
      ...{ provider: 'openai', model: 'm', openaiBaseUrl: `${primary.url}/v1`, openaiApiKey: 'sk-aaaaaa' },
      ...{ fallback: ['groq:m'], groqApiKey: 'gsk_aaaaaa', groqBaseUrl: fallback.url },
      ...{ retries: 2, firstTokenSeconds: 1, tokenGapSeconds: 1, memoryMb: 1024, maxTurns: 12 },
    },
  });
  const loops: Played[] = [];
  try {
    for (const plan of plans) {
      stage.begin(plan);
      if (plan.troubles.includes('refused')) await primary.close();
      loops.push(await playLoop(kernel, sessionsDir, plan));
      await primary.open();
      if (loops.at(-1)?.end === 'hang') break;
    }
  } finally {
    await kernel.end();
    await Promise.all([primary.close(), fallback.close()]);
    rmSync(sessionsDir, { recursive: true, force: true });
  }
  return { loops, faults: stage.played };
}

async function playLoop(kernel: KernelUnderTest, sessionsDir: string, plan: Plan): Promise<Played> {
  const { word, interruptMs, savable, marks } = plan;
  const interrupting =
    interruptMs === undefined ? undefined : setTimeout(() => kernel.kernel.interrupt(), interruptMs);
  const id = kernel.client.execute(`What is ${word}?`);
  const cell = await Promise.race([kernel.finished(id), sleep(hangMs, undefined, { ref: false })]);
  clearTimeout(interrupting);
  if (cell === undefined) return { plan, end: 'hang', problems: [`no reply within ${hangMs / 1000} s`] };
  const { reply } = cell;
  const isFinal = reply['status'] === 'ok';
  const end = isFinal ? 'final' : String(reply['ename']);
  const ran = linesOf(join(kernel.workspace, 'ran.txt')).filter((line) => line.startsWith(`${word}-`));
  const saved = isFinal ? await isSaved(sessionsDir, word) : true;
  const problems = [
    ...(isFinal || isReason(cell) ? [] : [`it ended with ${JSON.stringify(reply)}`]),
    ...(savable && interruptMs === undefined && !isFinal
      ? [`it could be saved and ended with ${end}: ${String(reply['evalue'])}`]
      : []),
    ...(isFinal && !JSON.stringify(cell.outputs).includes(`The answer is ${word}`)
      ? ['the answer is not shown']
      : []),
    ...(new Set(ran).size === ran.length ? [] : [`a helper ran more than once: ${ran.join(', ')}`]),
    ...(isFinal && ran.length < marks.length ? [`only ${ran.length} of ${marks.length} helpers ran`] : []),
    ...(saved ? [] : ['its conversation was not saved']),
  ];
  return { plan, end, problems };
}

/** A known reason, with a sentence, and what to do in its traceback. */
function isReason({ reply }: RanCell): boolean {
  const { ename, evalue, traceback } = reply;
  return (
    reasons.includes(String(ename)) && String(evalue).length > 10 && JSON.stringify(traceback).includes('→')
  );
}

async function isSaved(sessionsDir: string, word: string): Promise<boolean> {
  const until = performance.now() + savedMs;
  while (performance.now() < until) {
    const names = readdirSync(sessionsDir).filter((name) => name.endsWith('.json'));
    const texts = names.map((name) => readFileSync(join(sessionsDir, name), 'utf8'));
    if (texts.some((text) => text.includes(`The answer is ${word}`))) return true;
    await sleep(20);
  }
  return false;
}

const linesOf = (path: string): readonly string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
