import { describe, expect, it } from 'vitest';
import { Conversation } from '../../../kernel/loop/conversation.ts';

const image = { mime: 'image/png', data: 'aGk=' } as const;

describe('a marked conversation', () => {
  it('is as it was when it is gone back to, images and what was said of files included', () => {
    const talk = new Conversation('SYS');
    talk.beginCell('One', { files: 'a.csv' });
    talk.addResponse('<helpers lang="python">\nx\n</helpers>');
    talk.addResult(`<result status="ok">\n${'x'.repeat(900)}\n</result>`, [image]);
    const mark = talk.mark();
    const before = JSON.stringify(talk.messages());
    talk.addResponse('Done.');
    talk.beginCell('Two', { files: 'b.csv' });
    talk.compact(() => false);
    expect(JSON.stringify(talk.messages())).not.toContain('aGk=');
    talk.restore(mark);
    expect(JSON.stringify(talk.messages())).toBe(before);
    talk.beginCell('Again', { files: 'a.csv' });
    expect(talk.messages().at(-1)?.content).not.toContain('Files in the workspace:\na.csv\n\nAgain');
    talk.restore(mark);
    expect(JSON.stringify(talk.messages())).toBe(before);
  });

  it('forgets cells whole; roles alternate, and what was said with them is said again', () => {
    const talk = new Conversation('SYS');
    const ask = (cell: string, prompt: string, files?: string): void => {
      talk.standIn(cell);
      talk.beginCell(prompt, { files });
      talk.addResponse(`Answer to ${prompt}`);
    };
    ask('c1', 'One', 'a.csv');
    talk.standIn('c2');
    talk.recordUserCode('y = 1', 'python', '<result status="ok">\n</result>');
    ask('c3', 'Three');
    talk.forget(new Set(['c1']));
    const roles = talk.messages().map(({ role }) => role);
    expect(roles).toEqual(['system', 'user', 'assistant']);
    expect(JSON.stringify(talk.messages())).not.toContain('One');
    expect(talk.messages()[1]?.content).toMatch(/y = 1[^]*Three/);
    talk.forget(new Set(['c3']));
    expect(talk.messages().map(({ role }) => role)).toEqual(['system', 'user']);
    ask('c4', 'Four', 'a.csv');
    expect(talk.messages().at(-2)?.content).toMatch(/y = 1[^]*a\.csv[^]*Four/);
  });
});
