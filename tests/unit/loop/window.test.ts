import { describe, expect, it } from 'vitest';
import { Conversation } from '../../../kernel/loop/conversation.ts';
import { ContextWindow } from '../../../kernel/loop/window.ts';
import { ProviderError } from '../../../kernel/providers/contract.ts';
import { session } from './harness.ts';

const window = (): ContextWindow =>
  new ContextWindow({ contextLength: 1000, contextLengthKnown: true, vision: false }, 100);

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

  it('is made by summarising the oldest cells, whose words stay, and only what was done is said', () => {
    const conversation = new Conversation('Help.');
    conversation.beginCell('oldest question');
    conversation.addResponse(`${'word '.repeat(800)} at last`);
    conversation.beginCell('now');
    const { fits, compaction } = window().makeRoom(conversation);
    expect(fits).toBe(true);
    expect(compaction?.text).toContain('of older cells (1) the model sees your words and how it answered');
    expect(compaction?.text).not.toContain('shortened');
    expect(text(conversation)).toMatch(/oldest question[^]*You answered: word[^]*left out[^]*at last[^]*now/);
    expect(text(conversation).length).toBeLessThan(600);
  });

  it('is made of long prompts of older cells last of all, and that is said', () => {
    const conversation = talk(`oldest ${'word '.repeat(800)}`);
    conversation.beginCell('now');
    const { fits, compaction } = window().makeRoom(conversation);
    expect(fits).toBe(true);
    expect(compaction?.text).toContain('long prompts of older cells were shortened (1)');
    expect(text(conversation)).toMatch(/oldest word[^]*left out/);
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

it('a model’s context is asked for before each cell; what is known stays where it can’t be told', async () => {
  const { provider, manager, cell } = session(['One.', 'Two.', 'Three.']);
  const signal = new AbortController().signal;
  provider.info = { ...provider.info, contextLength: 4096 };
  await cell();
  provider.info = { ...provider.info, contextLength: 100_000 };
  await cell();
  expect((await manager.contextUse(signal)).contextLength).toBe(100_000);
  provider.infoError = new ProviderError('unreachable', 'It is gone.', 'Wait.');
  expect((await manager.contextUse(signal)).contextLength).toBe(100_000);
  expect((await cell()).stop).toMatchObject({ answer: 'Three.' });
});
