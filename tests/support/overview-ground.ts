import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAudit } from '../../kernel/audit/log.ts';
import { Ledger } from '../../kernel/economy/ledger.ts';
import { markOf } from '../../kernel/processes.ts';
import type { Saved } from '../../kernel/session/schema.ts';
import { SessionStore } from '../../kernel/session/store.ts';

/** What a kernel writes down, written by what the kernel writes it with: for the pages that show it. */
export class OverviewGround {
  readonly #data: string;

  /** @param data Replique's data directory */
  constructor(data: string) {
    this.#data = data;
  }

  /** A session's file. */
  async session(session: string, given: Partial<Saved> = {}): Promise<void> {
    await new SessionStore(join(this.#data, 'sessions')).save({
      ...{ version: 1, session, kernel: session, at: new Date().toISOString(), process: markOf(process.pid) },
      ...{ prompts: 3, executionCount: 5, title: 'Which of these runs were slow, and why?' },
      model: { provider: 'ollama', model: 'qwen2.5-coder:7b' },
      ...given,
      talk: { cell: 1, entries: [] }, // last, as the kernel has it
    });
  }

  /** Calls of a session, the last one now. */
  calls(
    session: string,
    notebook: string,
    calls: readonly (readonly [input: number, output: number, daysAgo: number, dollars?: number])[],
    model = 'qwen2.5-coder:7b',
  ): void {
    const ledger = new Ledger(join(this.#data, 'usage.sqlite'));
    for (const [inputTokens, outputTokens, daysAgo, dollars] of calls) {
      const origin = { session, notebook, cell: 1, provider: 'ollama', model };
      const at = Date.now() - daysAgo * 86_400_000;
      const request = { inputTokens, maxTokens: outputTokens, costOf: () => dollars };
      const entered = ledger.enter(origin, request, { limits: {}, since: 0, at });
      if (typeof entered === 'string') throw new Error(entered);
      const usage = { inputTokens, outputTokens, cachedTokens: 0, estimated: false };
      ledger.settle(entered.call, usage, dollars);
    }
    ledger.close();
  }

  /** A session's journal: cells one after the other, each with its parent's number. */
  timeline(session: string, cells: readonly object[], standing: object): void {
    const directory = join(this.#data, 'timeline', session);
    mkdirSync(directory, { recursive: true });
    const talk = { cell: 0, same: 0, entries: [] };
    const node = { type: 'node', kind: 'prompt', executionCount: 1, tokens: 0, words: '', steps: [], talk };
    const lines = [
      { type: 'timeline', version: 1, session },
      { ...node, kind: 'start', executionCount: 0, id: 0 },
      ...cells.map((cell, at) => ({ ...node, id: at + 1, executionCount: at + 1, parent: at, ...cell })),
      { type: 'standing', ...standing },
    ];
    writeFileSync(
      join(directory, 'journal.jsonl'),
      lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
  }

  /** A session's audit, with a refusal of each kind. */
  audit(session: string, host = 'files.example.org'): void {
    const audit = openAudit({
      ...{
        directory: join(this.#data, 'audit'),
        keyFile: join(this.#data, 'audit.key'),
        session,
        user: 'ada',
      },
      start: { version: '0.1.0', uid: 1000, pid: 1, workspace: '/home/ada/runs', sandbox: 'bubblewrap' },
    });
    const limits = {
      ...{ memoryBytes: 2 ** 32, processes: 128, openFiles: 1024, fileBytes: 2 ** 30, cpuSeconds: 3600 },
    };
    audit.note('worker-start', { sandbox: 'bubblewrap', limits, restored: false });
    audit.note('sandbox-changed', { profile: 'strict', hosts: ['pypi.org:443'] });
    const sent = { bytes_in: 0, bytes_out: 0, duration_ms: 1 };
    audit.note('connection', { host, port: 443, decision: 'deny', reason: 'not allowed', ...sent });
    audit.note('connection', { host: 'pypi.org', port: 443, decision: 'allow', ...sent });
    audit.note('validation', {
      ...{ code_sha256: '0'.repeat(64), runs: false },
      decisions: [{ capability: 'network', decision: 'deny' }],
    });
    audit.note('limit', { limit: 'cpu', used: 3601, allowed: 3600 });
    audit.note('outputs-refused', { cell: 1, types: ['text/html'], outputs: 0, characters: 10 });
    audit.note('file-restored', { paths: ['.bashrc'], files: 1 });
    audit.close();
  }
}

/** A step of a timeline in which a helper ran. */
export const helperStep = (status = 'ok'): object => ({
  ...{ kind: 'run', language: 'python', code: '1', status, ms: 5 },
  origin: { kind: 'helper', turn: 1, helper: 1 },
});
