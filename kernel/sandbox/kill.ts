import type { SandboxProcess } from './contract.ts';

/** Kills a process of the host, if it is still there. */
export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Kills a process of a sandbox; settles when it has ended, or after the time. */
export function killWithin(
  sandbox: Pick<SandboxProcess, 'onProcessExit' | 'signal'>,
  pid: number,
  ms: number,
): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(), ms);
    const remove = sandbox.onProcessExit((ended) => ended === pid && finish());
    const finish = (): void => {
      clearTimeout(timer);
      remove();
      resolve();
    };
    sandbox.signal(pid, 'SIGKILL');
  });
}
