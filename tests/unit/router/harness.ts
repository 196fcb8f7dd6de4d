import { randomUUID } from 'node:crypto';
import { startRouter } from '../../../kernel/router/router.ts';
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

/** A kernel over a linked pair, with a scripted interpreter. */
export function startSession(options: Partial<RouterOptions> = {}): Session {
  const log: string[] = [];
  const shutdowns: boolean[] = [];
  const interpreter = new ScriptedInterpreter();
  const pair = memoryPair(randomUUID(), (line) => log.push(line));
  const client = new TestClient(pair.client);
  const keeper = new ScriptedKeeper();
  const router = startRouter({
    transport: pair.kernel,
    interpreter,
    createEmitter: plainEmitter,
    comms: new Comms([]),
    version: '1.2.3',
    sessionId: 'session',
    keeper,
    onShutdown: () => shutdowns.push(keeper.ends[0] === 'restart'),
    log: (line) => log.push(line),
    ...options,
  });
  return { client, channels: pair.client, interpreter, router, log, shutdowns, ends: keeper.ends };
}
