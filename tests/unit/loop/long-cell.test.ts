import { describe, expect, it } from 'vitest';
import type { ScriptedReply } from '../../support/scripted-provider.ts';
import type { ScriptedRun } from '../../support/scripted-tool.ts';
import { helper, session, type CellResult } from './harness.ts';

const turns = 30;
const facts = Array.from({ length: 20 }, (_, turn) => `fact ${turn} = ${7919 * (turn + 1)}`);

/** Thirty turns with results of 2 kB; those of the first twenty begin with a fact. */
function longCell(
  onKeep: (text: string) => string | undefined = () => undefined,
): ReturnType<typeof session> & { readonly run: () => Promise<CellResult> } {
  const replies: (ScriptedReply | string)[] = Array.from({ length: turns }, (_, turn) =>
    helper(`look(${turn})`),
  );
  const runs: ScriptedRun[] = replies.map((_, turn) => {
    const fact = facts[turn] ?? `nothing in ${turn}`;
    const text = `${fact}\n${`row of table ${turn}\n`.repeat(200)}`.slice(0, 2000);
    return { outputs: [{ kind: 'stream', name: 'stdout', text }] };
  });
  const made = session([...replies, 'All of it is known.'], runs, {
    maxTurns: turns + 1,
    keepResult: onKeep,
  });
  return { ...made, run: () => made.cell('Look at all of it.') };
}

const length = (messages: readonly { readonly content: string }[]): number =>
  messages.reduce((sum, { content }) => sum + content.length, 0);

describe('a cell of thirty turns with results of 2 kB', () => {
  it('sends at most 40 % of what sending all of it each time would be, and no fact of it is gone', async () => {
    const { run, provider } = longCell();
    const { events, stop } = await run();
    expect(stop).toMatchObject({ answer: 'All of it is known.' });
    const requests = provider.requests.map(({ messages }) => messages);
    const results = events.flatMap((event) => (event.type === 'helper-end' ? [event.forModel] : []));
    const texts = events.flatMap((event) => (event.type === 'turn-end' ? [event.record.text] : []));
    const first = length(requests[0] ?? []);
    const whole = requests.map(
      (_, turn) =>
        first +
        [...texts, ...results].reduce(
          (sum, text, at) => sum + (at % (turns + 1) < turn ? text.length : 0),
          0,
        ),
    );
    const share =
      requests.reduce((sum, messages) => sum + length(messages), 0) / whole.reduce((a, b) => a + b, 0);
    console.log(`a cell of ${turns} turns: ${(share * 100).toFixed(0)} % of the input of sending everything`);
    expect(share).toBeLessThan(0.4);
    const last =
      requests
        .at(-1)
        ?.map(({ content }) => content)
        .join('\n') ?? '';
    for (const fact of facts) expect(last).toContain(fact);
  });

  it('rewrites its prefix seldom: else each request begins as the one before it', async () => {
    const { run, provider } = longCell();
    const { events } = await run();
    const requests = provider.requests.map(({ messages }) => messages);
    const rewritten = requests.slice(1).filter((messages, at) => {
      const before = requests[at] ?? [];
      return before.some(({ content }, place) => messages[place]?.content !== content);
    });
    const told = events.filter(({ type }) => type === 'compaction');
    expect(told).toHaveLength(rewritten.length);
    expect(rewritten.length).toBeLessThan(turns / 3);
  });

  it('keeps what it shortens where helpers find it', async () => {
    const kept: string[] = [];
    const { run, provider } = longCell((text) => `kept-${kept.push(text)}.txt`);
    await run();
    expect(kept[0]).toContain('fact 0 = 7919');
    expect(kept[0]?.length).toBeGreaterThan(1900);
    const last =
      provider.requests
        .at(-1)
        ?.messages.map(({ content }) => content)
        .join('\n') ?? '';
    expect(last).toContain('[all of it is in the file "kept-1.txt"]');
  });
});

it('a short cell, and the cells before it, are left alone', async () => {
  const text = 'x'.repeat(3000);
  const runs = Array.from(
    { length: 6 },
    () => ({ outputs: [{ kind: 'stream', name: 'stdout', text }] }) as const,
  );
  const replies = Array.from({ length: 6 }, (_, turn) => helper(`look(${turn})`));
  const { cell, provider } = session([...replies, 'Done.', 'Yes.'], runs);
  await cell();
  await cell('Again?');
  const results = provider.requests.at(-1)?.messages.filter(({ content }) => content.includes(text)) ?? [];
  expect(results).toHaveLength(6);
});
