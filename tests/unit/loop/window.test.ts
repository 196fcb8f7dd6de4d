import { describe, expect, it } from 'vitest';
import { Conversation } from '../../../kernel/loop/conversation.ts';
import { ContextWindow } from '../../../kernel/loop/window.ts';

const window = (): ContextWindow => new ContextWindow({ contextLength: 1000, contextLengthKnown: true }, 100);

function talk(...prompts: readonly string[]): Conversation {
  const conversation = new Conversation('Help.');
  for (const prompt of prompts) {
    conversation.beginCell(prompt);
    conversation.addResponse('Yes.');
  }
  return conversation;
}

const text = (conversation: Conversation): string => JSON.stringify(conversation.messages());

describe('room in the context', () => {
  it('is there: nothing is said', () => {
    expect(window().makeRoom(talk('first'))).toEqual({ fits: true });
  });

  it('is made by leaving out the oldest cells, and only what was done is said', () => {
    const conversation = talk(`oldest ${'word '.repeat(800)}`);
    conversation.beginCell('now');
    const { fits, notice } = window().makeRoom(conversation);
    expect(fits).toBe(true);
    expect(notice).toContain('no longer sees the oldest cells (1)');
    expect(notice).not.toContain('shortened');
    expect(text(conversation)).not.toContain('oldest');
  });

  it('can’t be made for a prompt that is too long by itself: the older cells stay', () => {
    const conversation = talk('first', 'second');
    const before = text(conversation);
    conversation.beginCell('word '.repeat(5000));
    expect(window().makeRoom(conversation)).toEqual({ fits: false });
    conversation.forgetCell();
    expect(text(conversation)).toBe(before);
  });
});
