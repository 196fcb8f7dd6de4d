import type { KernelListener } from './listener.ts';

/**
 * A listener that never throws: what keeps a record must not keep a kernel from its clients.
 * @param onFault told what was thrown, which is a bug
 */
export function safeListener(listener: KernelListener, onFault: (error: unknown) => void): KernelListener {
  const safe =
    <A extends readonly unknown[]>(tell: (...given: A) => void) =>
    (...given: A): void => {
      try {
        tell(...given);
      } catch (error) {
        onFault(error);
      }
    };
  return {
    requested: safe((...given) => listener.requested(...given)),
    received: safe((...given) => listener.received(...given)),
    attached: safe((...given) => listener.attached(...given)),
    detached: safe((...given) => listener.detached(...given)),
    answered: safe(() => listener.answered()),
    stopped: safe(() => listener.stopped()),
    ended: safe(() => listener.ended()),
  };
}
