import type { SessionWorker } from '../sandbox/session-worker.ts';
import type { ToolPlugin } from './contract.ts';
import { createWorkerTool } from './worker-tool.ts';

/** `lang="python"`: IPython in the session's worker. */
export function createPythonTool(worker: SessionWorker): ToolPlugin {
  return createWorkerTool(worker, {
    name: 'python',
    aliases: ['py', 'python3', 'ipython'],
    description: 'Python (IPython): variables and imports stay between blocks; the last expression is shown.',
    stateful: true,
  });
}
