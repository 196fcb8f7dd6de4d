import { describe, expect, it } from 'vitest';
import { limitsIn } from '../../../kernel/sandbox/snapshots/limits.ts';

const limits = (...cannot: unknown[]): readonly string[] =>
  limitsIn({ cannot } as unknown as Parameters<typeof limitsIn>[0]);
const unseen =
  'What of this state can be kept could not be seen, so going back to it may not bring it all back.';

describe('what a copy of the memory does not have', () => {
  it.each([
    ['threads', 1, 'A thread that ran ("n") can\'t be kept: going back brings the memory without it.'],
    ['threads', 3, '3 threads that ran ("n") can\'t be kept: going back brings the memory without them.'],
    [
      'native threads',
      1,
      'A thread of a library ("n") can\'t be kept: what computes with it may stand still after going back.',
    ],
    [
      'native threads',
      2,
      '2 threads of a library ("n") can\'t be kept: what computes with them may stand still after going back.',
    ],
    ['children', 1, 'A child process ("n") can\'t be kept: it is ended by going back.'],
    ['children', 2, '2 child processes ("n") can\'t be kept: they are ended by going back.'],
    [
      'pool',
      1,
      'A worker process of multiprocessing ("n") can\'t be kept: the pool has to be made anew after going back.',
    ],
    [
      'pool',
      4,
      '4 worker processes of multiprocessing ("n") can\'t be kept: the pool has to be made anew after going back.',
    ],
    ['sockets', 1, 'An open network connection ("n") can\'t be kept: the other side does not go back.'],
    ['sockets', 2, '2 open network connections ("n") can\'t be kept: the other side does not go back.'],
    [
      'shared memory',
      1,
      'Memory that is shared with a file or other processes ("n") does not go back with the rest.',
    ],
    [
      'database',
      1,
      'A transaction of SQLite that is open, or a connection in WAL mode ("n"), can\'t be kept: close the connection, and open it again.',
    ],
    ['gpu', 1, 'What is on a graphics processor ("n") can\'t be kept.'],
    ['unseen', 1, unseen],
  ])('%s, %s', (what, count, sentence) => {
    expect(limits({ what, count, names: ['n'] })).toEqual([sentence]);
  });

  it('names nothing where nothing is named, and shows no name as it is', () => {
    expect(limits({ what: 'gpu', count: 1, names: [] })).toEqual([
      "What is on a graphics processor can't be kept.",
    ]);
    const [sentence] = limits({ what: 'gpu', count: 1, names: [`\u001b[2J"${'x'.repeat(500)}`] });
    expect(sentence).toMatch(/^What is on a graphics processor \("\?\[2J\\"x{50,60}"\) can't be kept\.$/);
  });

  it.each([
    [{ what: 'everything', count: 1, names: [] }],
    [{ what: 'threads', count: 0, names: [] }],
    [{ what: 'threads', count: 1, names: Array(6).fill('n') }],
    ['threads'],
  ])('is unknown where the reply is not one: %#', (finding) => {
    expect(limits(finding)).toEqual([unseen]);
  });

  it('is nothing where nothing is found', () => {
    expect(limitsIn({} as Parameters<typeof limitsIn>[0])).toEqual([]);
  });
});
