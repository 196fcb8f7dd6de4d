import { Turns } from '../../../kernel/turns.ts';

/** Lets what changes the same path wait for each other, in the order in which it came. */
export class PathLocks {
  readonly #waiting = new Map<string, { readonly turns: Turns; users: number }>();

  async run<T>(path: string, action: () => Promise<T>): Promise<T> {
    const lock = this.#waiting.get(path) ?? { turns: new Turns(), users: 0 };
    this.#waiting.set(path, lock);
    lock.users += 1;
    const leave = await lock.turns.enter();
    try {
      return await action();
    } finally {
      leave();
      lock.users -= 1;
      if (lock.users === 0) this.#waiting.delete(path);
    }
  }

  /** Of two different paths, always in the same order, so that two never wait for each other. */
  runBoth<T>(paths: readonly [string, string], action: () => Promise<T>): Promise<T> {
    const [first, second] = [...paths].sort() as [string, string];
    return this.run(first, () => this.run(second, action));
  }
}
