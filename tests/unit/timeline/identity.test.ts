import { describe, expect, it } from 'vitest';
import { Identities } from '../../../kernel/timeline/identity.ts';

type Start = Parameters<Identities['meet']>[0];

const run = (cell: string, source: string, client = 'lab', atMs = 0): Start => ({
  ...{ kind: 'prompt', executionCount: 1, cell, source, sent: { client, atMs } },
  signal: new AbortController().signal,
  say: () => undefined,
});

describe('an id', () => {
  it('is one cell’s, however often it is edited and run', () => {
    const identities = new Identities();
    for (let at = 0; at < 9; at += 1) expect(identities.meet(run('c', `source ${at}`))).toBe('one');
  });

  it('stands for several cells when clients take turns, also after many of them', () => {
    const identities = new Identities();
    const met = ['a', 'b', 'c', 'd', 'e'].map((client) => identities.meet(run('c', 'x', client)));
    expect(met).toEqual(Array(5).fill('one'));
    expect(identities.meet(run('c', 'x', 'd'))).toBe('found');
    expect(identities.meet(run('c', 'x', 'd'))).toBe('shared');
  });

  it('that was not met for 10,000 others is met anew', () => {
    const identities = new Identities();
    for (const source of ['a', 'b', 'a']) identities.meet(run('c', source));
    for (let at = 0; at < 10_000; at += 1) identities.meet(run(`other ${at}`, 'x'));
    expect(identities.meet(run('c', 'b'))).toBe('one');
  });
});
