import { expect, it } from 'vitest';
import { Conversation } from '../../../kernel/loop/conversation.ts';
import type { LoopEvent } from '../../../kernel/loop/events.ts';
import type { Given } from '../../../kernel/loop/given.ts';
import { ContextWindow } from '../../../kernel/loop/window.ts';
import { noticesOf, session } from './harness.ts';

const part = (text: string): Given['parts'][number] => ({
  kind: 'result',
  text: `<result status="given">\n${text}\n</result>`,
});

/** One prompt cell that points at something; its notices, and the requests' last messages. */
async function cell(
  replies: readonly string[],
  prompt: string,
  give: () => Promise<Given>,
): Promise<{ notices: readonly string[]; sent: readonly string[]; events: readonly LoopEvent[] }> {
  const { manager, provider } = session(replies, [], {
    workspaceListing: () => Promise.resolve('a.txt (3 B)\nb.txt (3 B)'),
  });
  const events: LoopEvent[] = [];
  const steps = manager.processWithContinuation(prompt, { emit: (event) => events.push(event), give });
  while (!(await steps.next()).done);
  const sent = provider.requests.map(({ messages }) => messages.at(-1)!.content);
  return { notices: noticesOf(events), sent, events };
}
const given = (more: Partial<Given> = {}): (() => Promise<Given>) => {
  return () => Promise.resolve({ parts: [part('There are 1234.')], events: [], seen: [], ...more });
};

it('what a prompt points at stands before its words, and its events before the first turn', async () => {
  const event = { type: 'given', references: [{ reference: '`x`', what: 'int' }] } as const;
  const { sent, events } = await cell(['So.'], 'And `x`?', given({ events: [event] }));
  expect(sent[0]).toBe(
    'Files in the workspace:\na.txt (3 B)\nb.txt (3 B)\n\n<result status="given">\nThere are 1234.\n</result>\n\nAnd `x`?',
  );
  expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['given', 'turn-start']);
});

it('an answer about a file that was shown is none without a look; about another it is', async () => {
  const seen = given({ seen: ['@a.txt'] });
  expect((await cell(['Three words.'], 'How long is @a.txt?', seen)).sent).toHaveLength(1);
  const other = await cell(['Three words.', 'So.'], 'How long are @a.txt and b.txt?', seen);
  expect(other.notices.join('')).toContain('without looking into it');
});

it('an answer with a number that was not given is asked for once more', async () => {
  expect((await cell(['It is 1234.'], 'How many?', given())).sent).toHaveLength(1);
  const invented = await cell(['It is 98765.', 'So.'], 'How many?', given());
  expect(invented.notices.join('')).toContain('numbers that no result says');
});

it('a prompt is answered, too, where what it points at can’t be found, which is said', async () => {
  const { sent, notices } = await cell(['So.'], 'And `x`?', () =>
    Promise.reject(new Error('the disk is gone')),
  );
  expect(notices).toEqual(['What the prompt points at could not be listed for the model: the disk is gone']);
  expect(sent[0]!.endsWith('\n\nAnd `x`?')).toBe(true);
});

it('the model’s room: of one thing as much as of a result, of all together as much as of two', () => {
  const info = { contextLength: 8192, contextLengthKnown: true, vision: true };
  expect(new ContextWindow(info, 1000).givenRoom).toEqual({ chars: 3584, allChars: 7168, sees: true });
});

it('a cell that is forgotten takes what it pointed at with it; a compaction cuts it as a result', () => {
  const talk = new Conversation('SYS');
  talk.beginCell('First', { files: 'a.txt' }, [part('x'.repeat(5000)), { kind: 'note', text: 'None.' }]);
  talk.forgetCell();
  expect(talk.messages().at(-1)!.content).toBe('Files in the workspace:\na.txt');
  talk.beginCell('Second', {}, [part('x'.repeat(5000))]);
  talk.addResponse('So.');
  talk.beginCell('Third');
  talk.compact((messages) => JSON.stringify(messages).length < 2000);
  const text = talk.messages()[1]!.content;
  expect(text).toMatch(
    /<result status="given">\nx+\n\[… \d+ characters \(\d+ lines\) left out …\]\nx+\n<\/result>\n\nSecond$/,
  );
});
