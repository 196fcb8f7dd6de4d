import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conversation } from '../../../kernel/loop/conversation.ts';
import { ContextWindow } from '../../../kernel/loop/window.ts';
import type { ChatMessage } from '../../../kernel/providers/contract.ts';

const seed = Number(process.env['REPLIQUE_SEED'] ?? 20261123);
const result = (text: string): string => `<result status="ok">\n${text}\n</result>`;
const length = (messages: readonly ChatMessage[]): number =>
  messages.reduce((sum, m) => sum + m.content.length, 0);

const windowOf = (contextLength: number, maxTokens: number): ContextWindow =>
  new ContextWindow({ contextLength, contextLengthKnown: true, vision: false }, maxTokens);

describe('the conversation', () => {
  it('says the workspace’s files with the prompt, and again only when they changed', () => {
    const talk = new Conversation('SYS');
    const ask = (prompt: string, listing?: string): string => {
      talk.beginCell(prompt, { files: listing });
      const content = talk.messages().at(-1)!.content;
      talk.addResponse('yes');
      return content;
    };
    expect(ask('One', 'a.csv')).toBe('Files in the workspace:\na.csv\n\nOne');
    expect(ask('Two', 'a.csv')).toBe('Two');
    expect(ask('Three', 'a.csv\nb.csv')).toContain('b.csv');
    expect(ask('Four', '')).toBe('The workspace is empty.\n\nFour');
    expect(ask('Five')).toBe('Five');
    const bounded = ask('Six', 'f.txt <result>\n'.repeat(1000));
    expect(bounded.length).toBeLessThan(3500);
    expect(bounded).toContain('&lt;result>');
  });

  it('that comes back twice before a reply says once what was broken off, and of code cells nothing', () => {
    const back = (begin: (talk: Conversation) => void): readonly unknown[] => {
      const [first, second, third] = [new Conversation(''), new Conversation(''), new Conversation('')];
      begin(first);
      const brokenOff = [second.prepend(first.state()), third.prepend(second.state())];
      return [...brokenOff, third.given().split('You did not answer this').length - 1];
    };
    expect(back((talk) => talk.beginCell('Hello?'))).toEqual(['reply', undefined, 1]);
    expect(back((talk) => talk.recordUserCode('x = 6', 'python', result('')))).toEqual([
      ...[undefined, undefined, 0],
    ]);
  });

  it('says of the memory what is new or has changed since it was last said', () => {
    const talk = new Conversation('SYS');
    const ask = (memory: string): string => {
      talk.beginCell('How?', { memory });
      const { content } = talk.messages().at(-1)!;
      talk.addResponse('So.');
      return content;
    };
    expect(ask('')).toBe('How?');
    expect(ask('a: 1\nb: </result>')).toBe('Python’s memory has:\na: 1\nb: &lt;/result>\n\nHow?');
    expect(ask('a: 1\nb: </result>')).toBe('How?');
    expect(ask('a: 2\nb: </result>')).toBe('Python’s memory has:\na: 2\n\nHow?');
    expect(ask('b: </result>')).toBe('How?');
    expect(ask('a: 2\nb: </result>')).toBe('Python’s memory has:\na: 2\n\nHow?');
  });

  it('takes in what the user ran, as the user’s doing, unable to fake a tag', () => {
    const talk = new Conversation('SYS');
    talk.recordUserCode('x = "</result>"\n' + 'y'.repeat(5000), 'python', result('1'));
    talk.beginCell('And now?');
    const [, user, ...rest] = talk.messages();
    expect(rest).toEqual([]);
    expect(user!.content).toMatch(/^I ran this python code myself:\nx = "&lt;\/result>"/);
    expect(user!.content.endsWith(`${result('1')}\n\nAnd now?`)).toBe(true);
    expect(user!.content.length).toBeLessThan(2500);
  });

  it('tells of the last hundred cells of code that the user ran before a prompt, and how many there were before', () => {
    const talk = new Conversation('system');
    talk.beginCell('Hello');
    talk.addResponse('Hello.');
    for (let n = 1; n <= 1000; n += 1) talk.recordUserCode(`x = ${n}`, 'python', result(`${n}`));
    talk.beginCell('And now?');
    const [, , , { content } = { content: '' }] = talk.messages();
    expect(content).toContain('I ran 900 more cells of my own code before these');
    expect(content.match(/more cells/g)).toHaveLength(1);
    expect(content.match(/I ran this python code myself:\nx = (\d+)/g)).toHaveLength(100);
    expect(content.indexOf('x = 901')).toBeGreaterThan(content.indexOf('900 more'));
    expect(content).toContain('x = 1000');
    expect(content).not.toContain('x = 900\n');
    talk.addResponse('Now.');
    talk.recordUserCode('y = 1', 'python', result('1'));
    expect(talk.messages().at(-1)!.content).not.toContain('more cells');
  });

  it('forgets a cell that got no answer, and only that', () => {
    const talk = new Conversation('SYS');
    talk.forgetCell();
    talk.recordUserCode('x = 1', 'python', result('1'));
    talk.beginCell('Down?', { files: 'a.csv' });
    talk.forgetCell();
    expect(talk.messages().at(-1)!.content).toMatch(/x = 1[^]*a\.csv$/);
    talk.beginCell('Up?');
    talk.addResponse('code');
    talk.addResult(result('2'));
    const before = talk.messages();
    talk.forgetCell();
    expect(talk.messages()).toEqual(before);
    const alone = new Conversation('SYS');
    alone.beginCell('Down?');
    alone.forgetCell();
    expect(alone.messages()).toEqual([{ role: 'system', content: 'SYS' }]);
  });

  it('refuses two responses in a row and keeps no empty one', () => {
    const talk = new Conversation('SYS');
    talk.beginCell('?');
    talk.addResponse(' ');
    talk.addResponse('a');
    expect(() => talk.addResponse('b')).toThrow('user message');
  });

  const step = fc.oneof(
    fc.record({ do: fc.constant('cell'), text: fc.string({ minLength: 1 }) }),
    fc.record({ do: fc.constant('result'), text: fc.string() }),
    fc.record({ do: fc.constant('note'), text: fc.string() }),
    fc.record({ do: fc.constant('code'), text: fc.string() }),
    fc.record({ do: fc.constant('response'), text: fc.string({ minLength: 1 }) }),
  );

  function apply(talk: Conversation, { do: what, text }: { do: string; text: string }): void {
    if (what === 'cell') talk.beginCell(text, { files: text.slice(0, 1), memory: text });
    else if (what === 'result') talk.addResult(result(text));
    else if (what === 'note') talk.addNote(text);
    else if (what === 'code') talk.recordUserCode(text, 'python', result(text));
    else if (talk.messages().at(-1)!.role === 'user') talk.addResponse(text);
  }

  it('only ever adds to its end, and its roles alternate', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const talk = new Conversation('SYS');
        let before = talk.messages();
        for (const next of steps) {
          apply(talk, next);
          const now = talk.messages();
          const answered = before.slice(0, before.at(-1)?.role === 'user' ? -1 : undefined);
          expect(now.slice(0, answered.length)).toEqual(answered);
          const open = before[answered.length];
          if (open) expect(now[answered.length]!.content.startsWith(open.content)).toBe(true);
          now.forEach(({ role }, at) => {
            expect(role).toBe(at === 0 ? 'system' : at % 2 === 1 ? 'user' : 'assistant');
          });
          before = now;
        }
      }),
      { seed, numRuns: 500 },
    );
  });

  it('stays valid after any compaction, which keeps the running cell’s words and its last exchange', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(2000), (steps, limit) => {
        const talk = new Conversation('SYS');
        for (const next of steps) apply(talk, next);
        talk.beginCell('THE PROMPT');
        talk.addResponse('code');
        talk.addResult(result('LAST '.repeat(200)));
        talk.compact((messages) => length(messages) <= limit);
        const now = talk.messages();
        now.forEach(({ role }, at) => {
          expect(role).toBe(at === 0 ? 'system' : at % 2 === 1 ? 'user' : 'assistant');
        });
        expect(now.some(({ content }) => content.endsWith('THE PROMPT'))).toBe(true);
        expect(now.at(-1)!.content).toBe(result('LAST '.repeat(200)));
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe('the context window', () => {
  function grown(cells: number, size: number): Conversation {
    const talk = new Conversation('SYS');
    for (let i = 0; i < cells; i += 1) {
      talk.beginCell(`prompt ${i}`);
      talk.addResponse('code');
      talk.addResult(result('x'.repeat(size)));
      talk.addResponse(`answer ${i}`);
    }
    talk.beginCell('now');
    return talk;
  }

  it('leaves alone what fits', () => {
    const talk = grown(2, 100);
    expect(windowOf(4096, 512).makeRoom(talk)).toEqual({ fits: true });
  });

  it('shortens old results first, keeping every word, and says so', () => {
    const talk = grown(6, 3000);
    const room = windowOf(4096, 512).makeRoom(talk);
    expect(room.fits).toBe(true);
    expect(room.compaction?.text).toMatch(/4096 tokens: older results were shortened \(\d+\)/);
    const all = talk.messages().map(({ content }) => content);
    expect(all).toContain('answer 0');
    expect(all[3]).toMatch(
      /^<result status="ok">\nx+\n\[… \d+ characters \(0 lines\) left out …\]\nx+\n<\/result>$/,
    );
    expect(windowOf(4096, 512).makeRoom(talk)).toEqual({ fits: true });
  });

  it('then summarises the oldest cells: every prompt is there, and how it was answered', () => {
    const talk = grown(60, 400);
    const room = windowOf(4096, 512).makeRoom(talk);
    expect(room).toMatchObject({ fits: true });
    expect(room.compaction?.text).toMatch(
      /of older cells \(\d\d\) the model sees your words and how it answered/,
    );
    const [, first] = talk.messages();
    expect(first!.content).toMatch(/^prompt 0\n\nYou answered: answer 0\n\nprompt 1\n/);
    const all = talk
      .messages()
      .map(({ content }) => content)
      .join('\n');
    for (let i = 0; i < 60; i += 1) expect(all).toContain(`prompt ${i}\n`);
    const again = talk.messages();
    expect(windowOf(4096, 512).makeRoom(talk)).toEqual({ fits: true });
    expect(talk.messages()).toEqual(again);
  });

  it('says when even the running cell does not fit', () => {
    const talk = new Conversation('SYS');
    talk.beginCell('word '.repeat(5000));
    expect(windowOf(2048, 512).makeRoom(talk)).toEqual({ fits: false });
  });

  it('never plans more than half of the context for the reply', () => {
    expect(windowOf(1000, 4000).maxTokens).toBe(500);
    expect(windowOf(8192, 4000).maxTokens).toBe(4000);
    expect(windowOf(2048, 100).resultChars).toBe(1200);
    expect(windowOf(128_000, 100).resultChars).toBe(8000);
  });

  it('learns from the provider’s counts and from its refusal', () => {
    const talk = new Conversation('SYS');
    talk.beginCell('word '.repeat(500));
    const window = windowOf(2048, 512);
    expect(window.makeRoom(talk).fits).toBe(true);
    const usage = { inputTokens: 2000, outputTokens: 1, cachedTokens: 0, estimated: false };
    window.learn(talk.messages(), { ...usage, estimated: true });
    expect(window.makeRoom(talk).fits).toBe(true);
    window.learn(talk.messages(), usage);
    expect(window.makeRoom(talk).fits).toBe(false);
    const other = windowOf(2048, 512);
    other.tighten();
    other.tighten();
    expect(other.makeRoom(talk).fits).toBe(false);
  });
});
