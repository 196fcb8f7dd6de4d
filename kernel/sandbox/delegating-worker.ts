import type { SessionWorker } from './session-worker.ts';

/** A worker that does some things in its own way, and leaves the rest to another. */
export function delegatingWorker(worker: SessionWorker, own: Partial<SessionWorker>): SessionWorker {
  return {
    ready: () => worker.ready(),
    beginCell: (executionCount, cell) => worker.beginCell(executionCount, cell),
    execute: (options) => worker.execute(options),
    check: (code, language) => worker.check(code, language),
    variables: () => worker.variables(),
    look: (paths, room) => worker.look(paths, room),
    firstProcess: () => worker.firstProcess(),
    complete: (code, cursorPos) => worker.complete(code, cursorPos),
    inspect: (code, cursorPos, detailLevel) => worker.inspect(code, cursorPos, detailLevel),
    isComplete: (code) => worker.isComplete(code),
    names: (path, prefix) => worker.names(path, prefix),
    glance: (path) => worker.glance(path),
    snapshot: () => worker.snapshot(),
    limitsOf: (id) => worker.limitsOf(id),
    resume: (id) => worker.resume(id),
    drop: (id) => worker.drop(id),
    has: (id) => worker.has(id),
    restart: () => worker.restart(),
    close: () => worker.close(),
    ...own,
  };
}
