import type { ReplyContents, RequestContent } from '../../protocol/messages.ts';

/**
 * What clients ask when they connect, whatever kernel_info says of a debugger, and read the answer of without looking at `success`:
 * there is none that has started.
 */
const info = {
  isStarted: false,
  hashMethod: '',
  hashSeed: 0,
  tmpFilePrefix: '',
  tmpFileSuffix: '',
  breakpoints: [],
  stoppedThreads: [],
  richRendering: false,
  exceptionPaths: [],
  copyToGlobals: false,
};

/** Says that there is no debugger, so that no client waits for one. */
export const debug = ({ seq, command }: RequestContent<'debug_request'>): ReplyContents['debug_request'] => ({
  ...{ type: 'response', seq: 0, request_seq: seq, command, success: false },
  message: 'Replique has no debugger.',
  body: command === 'debugInfo' ? info : {},
});
