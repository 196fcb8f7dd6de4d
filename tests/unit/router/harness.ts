import { randomUUID } from 'node:crypto';
import { startRouter } from '../../../kernel/router/router.ts';
import type { LateSession, Session as RouterSession } from '../../../kernel/router/contract.ts';
import type { RouterOptions, RunningRouter } from '../../../kernel/router/router.ts';
import { memoryPair } from '../../../kernel/wire/memory-transport.ts';
import type { MemoryClient } from '../../../kernel/wire/memory-transport.ts';
import { TestClient } from './client.ts';
import { Comms } from '../../../kernel/output/widgets/comms.ts';
import { ScriptedInterpreter, ScriptedKeeper, plainEmitter } from './scripted-interpreter.ts';

export interface Session {
  readonly client: TestClient;
  readonly channels: MemoryClient;
  readonly interpreter: ScriptedInterpreter;
  readonly router: RunningRouter;
  readonly log: string[];
  readonly shutdowns: boolean[];
  /** What the session was asked to end as. */
  readonly ends: readonly string[];
}

/** A session that has begun. */
export function standing(session: RouterSession): LateSession {
  return {
    ready: () => Promise.resolve(session),
    begun: () => Promise.resolve(session),
  };
}

/** A kernel over a linked pair, with a scripted interpreter. */
export function startSession(options: Partial<RouterOptions & RouterSession> = {}): Session {
  const log: string[] = [];
  const shutdowns: boolean[] = [];
  const interpreter = new ScriptedInterpreter();
  const pair = memoryPair(randomUUID(), (line) => log.push(line));
  const client = new TestClient(pair.client);
  const keeper = new ScriptedKeeper();
  const router = startRouter({
    transport: pair.kernel,
    session: standing({ interpreter, createEmitter: plainEmitter, comms: new Comms([]), keeper, ...options }),
    version: '1.2.3',
    sessionId: 'session',
    onShutdown: () => shutdowns.push(keeper.ends[0] === 'restart'),
    log: (line) => log.push(line),
    ...options,
  });
  return { client, channels: pair.client, interpreter, router, log, shutdowns, ends: keeper.ends };
}
