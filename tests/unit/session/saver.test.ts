import { afterEach, describe, expect, it, vi } from 'vitest';
import { Saver } from '../../../kernel/session/saver.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A saver whose writes fail so often at first. */
function failing(times: number): { saver: Saver; log: string[]; written: () => number } {
  const log: string[] = [];
  let [left, written] = [times, 0];
  const write = (): Promise<void> => {
    left -= 1;
    if (left >= 0) return Promise.reject(new Error('the disk is full'));
    written += 1;
    return Promise.resolve();
  };
  return { saver: new Saver({ write, log: (line) => log.push(line) }), log, written: () => written };
}

describe('what could not be saved', () => {
  it('is tried once more at the end', async () => {
    const { saver, log, written } = failing(1);
    saver.changed();
    await saver.finish();
    expect(written()).toBe(1);
    expect(log).toEqual(['This conversation can’t be saved, so a crash would lose it: the disk is full']);
  });

  it('is told of in the log where that fails, too', async () => {
    const { saver, log, written } = failing(2);
    saver.changed();
    await saver.finish();
    expect(written()).toBe(0);
    expect(log.at(-1)).toBe(
      'The kernel ends, and this conversation can’t be saved, so it is lost: the disk is full',
    );
  });

  it('is told to the reader once', async () => {
    const { saver } = failing(2);
    saver.changed();
    await saver.saved();
    expect(saver.takeProblem()).toContain('can’t be saved');
    saver.changed();
    await saver.saved();
    expect(saver.takeProblem()).toBeUndefined();
  });

  it('is not written again at the end where it was saved', async () => {
    const { saver, log, written } = failing(0);
    saver.changed();
    await saver.finish();
    expect([written(), log]).toEqual([1, []]);
  });
});

describe('a disk that does not answer', () => {
  it('holds up neither who waits for a save nor the end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const log: string[] = [];
    const saver = new Saver({ write: () => new Promise(() => undefined), log: (line) => log.push(line) });
    saver.changed();
    const saved = saver.saved();
    await vi.advanceTimersByTimeAsync(5000);
    expect(await saved).toBe(false);
    expect(saver.takeProblem()).toMatch(/can’t be saved.*has not answered/);
    saver.changed();
    expect(await saver.saved()).toBe(false);
    expect(saver.takeProblem()).toBeUndefined();
    await saver.finish();
    expect(log.at(-1)).toMatch(/The kernel ends.*has not answered/);
  });
});

describe('what changes fast', () => {
  const writeMs = 5;

  /** A saver whose writes take a while, and when each began. */
  function slow(): { saver: Saver; began: number[] } {
    const began: number[] = [];
    const write = async (): Promise<void> => {
      began.push(performance.now());
      await new Promise((resolve) => setTimeout(resolve, writeMs));
    };
    return { saver: new Saver({ write, log: () => undefined }), began };
  }

  it('is saved together, so that most of the time goes to what changes it', async () => {
    const { saver, began } = slow();
    while (began.length < 3) {
      saver.changed();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await saver.saved();
    for (const [at, begin] of began.slice(1, 3).entries()) {
      expect(begin - (began[at] ?? 0)).toBeGreaterThan(writeMs * 20);
    }
  });

  it('is saved at once where that is waited for', async () => {
    const { saver, began } = slow();
    saver.changed();
    await saver.saved();
    for (let i = 0; i < 4; i += 1) {
      saver.changed();
      if (i % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      await saver.saved();
    }
    expect(began).toHaveLength(5);
    expect((began[4] ?? 0) - (began[0] ?? 0)).toBeLessThan(writeMs * 49 * 2);
  });
});
