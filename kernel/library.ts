import { v4 as uuid } from 'uuid';
import { assemble } from './assembly.ts';
import { loadConfig, type Config } from './config.ts';
import type { ContinuationManager } from './loop/continuation-manager.ts';
import type { CellSummary, LoopEvent } from './loop/events.ts';
import type { ContinuationStep, HelperResult, ProcessOptions } from './loop/options.ts';

export { RepliqueError } from './errors.ts';
export { ProviderError } from './providers/contract.ts';
export type {
  CellSummary,
  Config,
  ContinuationManager,
  ContinuationStep,
  HelperResult,
  LoopEvent,
  ProcessOptions,
};

export interface SessionOptions {
  /** The directory that helpers read and write. Absent: the current one. */
  readonly workspace?: string;
  /** Changes to the configuration of file and environment: see docs/reference/configuration.md. */
  readonly config?: Partial<Config>;
  /** Aborted: looking for a provider ends. */
  readonly signal?: AbortSignal;
  /** Told what goes wrong beside the session's own answers. Absent: nobody is. */
  readonly log?: (line: string) => void;
}

/** A conversation with a model whose helpers run in a sandbox. */
export interface Session {
  /** The loop: `processWithContinuation(prompt, options)`, `executeHelperBlock(code, language)`, `shouldContinue`. */
  readonly manager: ContinuationManager;
  /** Ends the sandbox and the provider. */
  close(): Promise<void>;
}

/**
 * Opens a session without Jupyter: the same loop, sandbox, policy, budgets and audit as a kernel's.
 * @throws RepliqueError where the configuration, the workspace or the sandbox can't be used; ProviderError where no model answers
 */
export async function openSession(options: SessionOptions = {}): Promise<Session> {
  const { workspace = process.cwd(), signal = new AbortController().signal, log = () => undefined } = options;
  const config = { ...loadConfig(), ...options.config };
  const parts = assemble({ config, sessionId: uuid(), cwd: workspace, notebook: undefined, log });
  const close = async (): Promise<void> => {
    await Promise.all([parts.worker.close(), parts.closeLoop()]);
    parts.audit.close();
  };
  try {
    return { manager: await parts.loop(signal), close };
  } catch (error) {
    await close();
    throw error;
  }
}
