import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conversation } from '../../../kernel/loop/conversation.ts';
import { Journal, objectsDir, readTimeline } from '../../../kernel/timeline/journal/journal.ts';
import { pruneTimelines } from '../../../kernel/timeline/journal/prune.ts';
import { readJournal } from '../../../kernel/timeline/journal/reading.ts';
import { Tree } from '../../../kernel/timeline/tree.ts';

const session = '6a3b0a9e-0000-4000-8000-000000000001';
const next = '6a3b0a9e-0000-4000-8000-000000000002';
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-timelines-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = (): string => join(directory, session, 'journal.jsonl');

/** A journal of three cells and a branch, as it is written. */
async function written(redact = (text: string): string => text): Promise<Tree> {
  const journal = new Journal({ directory, session, redact, log: () => undefined });
  const talk = new Conversation('');
  const tree = new Tree([Tree.beginning(talk.mark())]);
  journal.node(tree.head, undefined);
  for (const n of [1, 2, 3]) {
    talk.standIn(`notebook:c${n}`);
    talk.beginCell(`What is ${n}?`);
    talk.addResponse(`It is sk-secret${n}.`);
    const before = tree.head;
    const run = {
      kind: 'run',
      language: 'python',
      code: `x = 'sk-secret${n}'`,
      status: 'ok',
      ms: 3,
    } as const;
    const node = tree.add({
      ...{ kind: 'prompt', cell: `notebook:c${n}`, executionCount: n, words: `What is ${n}?`, tokens: 7 },
      ...{ talk: talk.mark(), steps: [run] },
    });
    journal.node(node, before);
    node.files = {
      node: before.id,
      delta: [{ path: 'a', after: { hash: 'a'.repeat(64), kind: 'file', mode: 0o644, size: n, kept: true } }],
    };
    journal.files(node);
  }
  tree.goBack(tree.get(1));
  journal.standing(tree.standing);
  await journal.close();
  return tree;
}

const texts = (tree: Tree): unknown =>
  tree.nodes.map(({ id, parent, cell, executionCount, steps, files, talk }) => ({
    ...{ id, parent, cell, executionCount, steps, files },
    talk: talk.entries.map(({ role, parts }) => [role, parts.map(({ text, of }) => [text, of])]),
  }));

describe('a journal', () => {
  it('gives the tree back that was written, for its owner only', async () => {
    const tree = await written();
    const told = readTimeline(directory, session);
    if (told === undefined || 'problem' in told) throw new Error('It is not there.');
    const back = new Tree(told.nodes, told.standing);
    expect(texts(back)).toEqual(texts(tree));
    expect(back.standing).toEqual(tree.standing);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('holds no secret, and says of code that it is not whole', async () => {
    await written((text) => text.replaceAll(/sk-secret\d/g, '[redacted]'));
    const text = readFileSync(file(), 'utf8');
    expect(text).not.toContain('secret');
    expect(text).toContain('"isRedacted":true');
  });

  it('cut anywhere gives a tree of all that was whole, never another one', async () => {
    const whole = texts(await written()) as readonly unknown[];
    const text = readFileSync(file(), 'utf8');
    fc.assert(
      fc.property(fc.nat(text.length), (end) => {
        const told = readJournal(text.slice(0, end));
        if ('problem' in told) return;
        const nodes = texts(new Tree(told.nodes, told.standing)) as readonly { readonly files?: unknown }[];
        nodes.forEach((node, at) => {
          if (node.files === undefined) expect({ ...(whole[at] as object), files: undefined }).toEqual(node);
          else expect(node).toEqual(whole[at]);
        });
      }),
    );
  });

  it.each([
    ['of a newer version is not read', '"version":1', '"version":2', true],
    ['of something else is not read', '"type":"timeline"', '"type":"tape"', true],
  ])('%s', async (_, from, to, isProblem) => {
    await written();
    const told = readJournal(readFileSync(file(), 'utf8').replace(from, to));
    expect('problem' in told).toBe(isProblem);
  });

  it('ends at a line that does not fit those before it', async () => {
    await written();
    const lines = readFileSync(file(), 'utf8').split('\n');
    for (const wrong of [
      '{"type":"node","id":9,"parent":77,"kind":"code","executionCount":1,"words":"","tokens":0,"steps":[],"talk":{"cell":0,"same":0,"entries":[]}}',
      '{"type":"standing","head":55,"on":"main","tips":{}}',
      '{"type":"files","of":1,"node":3,"delta":[]}',
      '{"type":"node","id":3,"parent":2,"kind":"code","executionCount":1,"words":"","tokens":0,"steps":[],"talk":{"cell":0,"same":0,"entries":[]}}',
      '{"type":"node","id":9,"parent":3,"kind":"code","executionCount":1,"words":"","tokens":0,"steps":[{"kind":"restored","node":9}],"talk":{"cell":0,"same":0,"entries":[]}}',
      '{"type":"node","id":9,"parent":3,"kind":"code","executionCount":1,"words":"","tokens":0,"steps":[{"kind":"restored","node":8}],"talk":{"cell":0,"same":0,"entries":[]}}',
      '{"type":"node","id":9,"parent":3,"kind":"code","executionCount":1,"words":"","tokens":0,"steps":[],"talk":{"cell":0,"same":99,"entries":[]}}',
      '{"type":"node","id":9,"parent":3,"kind":"code","executionCount":1,"words":"","tokens":0,"steps":[],"talk":{"cell":0,"same":0,"entries":[["user",0,[999]]]}}',
      '[]',
    ]) {
      const told = readJournal([...lines.slice(0, -2), wrong, ...lines.slice(-2)].join('\n'));
      if ('problem' in told) throw new Error(told.problem);
      expect([told.nodes.length, told.standing.head]).toEqual([4, 3]);
    }
  });

  it('tells of cells that were deleted or dropped, of memory that was restored, and of digests', async () => {
    await written();
    const lines = readFileSync(file(), 'utf8').split('\n').slice(0, -2);
    const told = readJournal(
      [
        ...lines,
        '{"type":"part","id":900,"kind":"words","text":"in short","isDigest":true}',
        '{"type":"node","id":8,"parent":3,"kind":"code","executionCount":8,"words":"","tokens":0,"steps":[{"kind":"restored"},{"kind":"restored","node":2}],"talk":{"cell":0,"same":0,"entries":[["user",0,[900]]]}}',
        '{"type":"node","id":9,"parent":8,"kind":"code","executionCount":9,"words":"","tokens":0,"steps":[],"talk":{"cell":0,"same":1,"entries":[]}}',
        '{"type":"deleted","nodes":[2,77]}',
        '{"type":"dropped","node":9}',
        '{"type":"standing","head":8,"on":"main","tips":{"main":8}}',
        '',
      ].join('\n'),
    );
    if ('problem' in told) throw new Error(told.problem);
    expect(told.nodes.map(({ id, deleted }) => [id, deleted === true])).toEqual([
      ...[
        [0, false],
        [1, false],
      ],
      ...[
        [2, true],
        [3, false],
      ],
      [8, false],
    ]);
    expect(told.standing.head).toBe(8);
    expect(told.nodes.at(-1)?.talk.entries[0]?.parts).toEqual([
      { kind: 'words', text: 'in short', isDigest: true },
    ]);
    const journal = new Journal({ directory, session: next, redact: String, log: () => undefined });
    await journal.takeOver(new Tree(told.nodes, told.standing), session);
    const again = readTimeline(directory, next);
    if (again === undefined || 'problem' in again) throw new Error('It is not there.');
    expect(texts(new Tree(again.nodes, again.standing))).toEqual(texts(new Tree(told.nodes, told.standing)));
    expect(again.nodes.at(-1)?.talk.entries[0]?.parts[0]?.isDigest).toBe(true);
    expect(again.nodes.filter(({ deleted }) => deleted).map(({ id }) => id)).toEqual([2]);
  });

  it('is absent, unreadable or without its beginning: each is another thing', () => {
    expect(readTimeline(directory, session)).toBeUndefined();
    mkdirSync(file(), { recursive: true });
    expect(readTimeline(directory, session)).toHaveProperty('problem');
    expect(readJournal('{"type":"timeline","version":1}\n')).toEqual({ problem: 'it has no beginning' });
  });

  it('takes the contents of files of an earlier session over, but no links', async () => {
    const tree = await written();
    const objects = objectsDir(directory, session);
    mkdirSync(join(objects, 'ab'), { recursive: true });
    writeFileSync(join(objects, 'ab', 'one'), 'content');
    symlinkSync('/etc/hostname', join(objects, 'link'));
    const journal = new Journal({ directory, session: next, redact: String, log: () => undefined });
    await journal.takeOver(tree, session);
    expect(readFileSync(join(objectsDir(directory, next), 'ab', 'one'), 'utf8')).toBe('content');
    expect(readdirSync(objectsDir(directory, next))).toEqual(['ab']);
  });

  it('that can’t be written is told of once', async () => {
    writeFileSync(join(directory, 'blocked'), '');
    const logged: string[] = [];
    const blocked = join(directory, 'blocked');
    const journal = new Journal({
      directory: blocked,
      session,
      redact: String,
      log: (line) => logged.push(line),
    });
    const node = Tree.beginning(new Conversation('').mark());
    for (let count = 0; count < 3; count += 1) {
      journal.node(node, undefined);
      await journal.saved();
    }
    expect(logged).toHaveLength(1);
    expect(journal.takeProblem()).toContain('can’t be saved');
    expect(journal.takeProblem()).toBeUndefined();
  });

  it('goes when its session’s conversation has gone, but not while it may be in use', async () => {
    await written();
    const sessions = mkdtempSync(join(tmpdir(), 'replique-sessions-'));
    const later = Date.now() + 2 * 24 * 60 * 60 * 1000;
    writeFileSync(join(sessions, `0-1-${session}.json`), '');
    await pruneTimelines(directory, sessions, later);
    rmSync(join(sessions, `0-1-${session}.json`));
    await pruneTimelines(directory, sessions);
    expect(readdirSync(directory)).toEqual([session]);
    await pruneTimelines(directory, sessions, later);
    expect(readdirSync(directory)).toEqual([]);
    rmSync(sessions, { recursive: true });
  });
});
