import { describe, expect, it } from 'vitest';
import * as words from '../../../kernel/sandbox/worker-words.ts';

describe('what is said of a process that died', () => {
  it.each([
    [{ status: null }, 'died', 'The sandbox ended.'],
    [{ status: -9 }, 'died', 'memory'],
    [{ status: -11 }, 'died', 'SIGSEGV'],
    [{ status: -6 }, 'died', 'signal 6'],
    [{ status: 3 }, 'died', 'exit status 3'],
    [{ status: -24 }, 'limit', 'REPLIQUE_CPU_SECONDS'],
    [{ breach: 'garbage' }, 'died', 'garbage'],
  ] as const)('%j', (death, status, said) => {
    const described = words.describeDeath(death, words.memoryLost);
    expect(described.status).toBe(status);
    expect(described.notice).toContain(said);
    expect(described.notice.endsWith(words.memoryLost)).toBe(true);
  });

  it('counts seconds and threads', () => {
    expect(words.timeoutNotice(1500)).toContain('1.5 s');
    expect(words.replacedNotice(2000, '')).toContain('2 s');
    expect(words.threadsLost(1)).toContain('A thread');
    expect(words.threadsLost(2)).toContain('2 threads');
  });
});
