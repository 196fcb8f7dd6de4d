import type { SessionWorker } from '../sandbox/session-worker.ts';
import type { ToolPlugin } from './contract.ts';
import { createWorkerTool } from './worker-tool.ts';

/** `lang="bash"`: one bash process a block, in the session's sandbox and current directory. */
export function createBashTool(worker: SessionWorker): ToolPlugin {
  return createWorkerTool(worker, {
    name: 'bash',
    aliases: ['sh', 'shell'],
    description: 'Bash: one shell a block, in the same directory; only files stay between blocks.',
    stateful: false,
  });
}
