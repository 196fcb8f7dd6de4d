import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closingTag } from '../../../kernel/loop/grammar.ts';
import { teach } from '../../../kernel/loop/teaching.ts';
import { ProviderError } from '../../../kernel/providers/contract.ts';
import type { ProviderEvent } from '../../../kernel/providers/contract.ts';
import { ScriptedProvider } from '../../support/scripted-provider.ts';
import { helper, session, textOf } from './harness.ts';

const block = helper('print(1)');
const fenced = (before: string, after: string): string => `${before}\n\`\`\`\n${block}\n\`\`\`\n${after}`;

/** What a model says, as calls that each end where the stop sequence fires. */
const callsOf = (text: string): string[] =>
  text
    .split(closingTag)
    .map((part, at, all) => (at < all.length - 1 ? part + closingTag : part))
    .filter((part) => part !== '');

describe('a turn that quotes a closing tag', () => {
  const prompt = 'How does a helper block look?';

  it.each([
    ['in a fence', fenced('So:', 'That is it.')],
    ['in inline code', `Write \`<helpers lang="python">\`, code, and \`${closingTag}\`. That is it.`],
    ['in inline code that it begins with', `\`${closingTag}\` ends it.`],
    ['in a quoted line', `> ${block.replaceAll('\n', ' ')}\n\nThat is it.`],
    ['after a backslash', `It ends with \\${closingTag} and nothing else.`],
    ['twice', fenced(fenced('So:', 'or'), 'That is it.')],
  ])('goes on after it, %s', async (_, text) => {
    const calls = callsOf(text);
    const { cell, tool, provider } = session(calls);
    const { stop, events } = await cell(prompt);
    expect(provider.requests).toHaveLength(calls.length);
    expect(tool.ran).toEqual([]);
    expect(stop.answer).toBe(text);
    expect(textOf(events, 'prose')).toBe(text);
    expect(events.filter(({ type }) => type === 'turn-start')).toHaveLength(1);
  });

  it('tells the model where its reply was cut off, in the calls after the first alone', async () => {
    const text = fenced('So:', 'That is it.');
    const { cell, provider, manager } = session(callsOf(text));
    await cell(prompt);
    const [first, second] = provider.requests;
    expect(second!.messages.slice(0, -2)).toEqual(first!.messages);
    expect(second!.messages.at(-2)).toEqual({
      role: 'assistant',
      content: text.slice(0, text.indexOf(closingTag) + closingTag.length),
    });
    expect(second!.messages.at(-1)!.content).toContain('Go on right after it');
    expect(second!.maxTokens).toBeLessThan(first!.maxTokens);
    expect(manager.conversation.messages().slice(1)).toHaveLength(2);
    expect(manager.conversation.messages().at(-1)!.content).toBe(text);
  });

  it('lets a model go on from its own reply where that can be', async () => {
    const text = fenced('So:', 'That is it.');
    const provider = new ScriptedProvider(callsOf(text));
    provider.canBegin = true;
    const { cell } = session([], [], { provider });
    expect((await cell(prompt)).stop.answer).toBe(text);
    const [first, second] = provider.requests;
    expect(second!.messages).toEqual(first!.messages);
    expect(second!.begin).toBe(text.slice(0, text.indexOf(closingTag) + closingTag.length));
  });

  it('runs a real block that comes after', async () => {
    const text = `The tag \`${closingTag}\` ends a block.\n${helper('print(2)')}`;
    const { cell, tool } = session([...callsOf(text), 'Done.']);
    const { stop, steps } = await cell(prompt);
    expect(tool.ran).toEqual(['print(2)']);
    expect(steps[0]!.content).toBe(text);
    expect(stop.answer).toBe('Done.');
  });

  it('counts all its calls', async () => {
    const usage = { inputTokens: 10, outputTokens: 3, cachedTokens: 2, estimated: false };
    const replies = callsOf(fenced('So:', 'That is it.')).map((text) => ({ text, usage }));
    const { stop } = await session(replies).cell(prompt);
    expect(stop.summary.usage).toEqual({
      ...{ inputTokens: 20, outputTokens: 6, cachedTokens: 4, estimated: false },
    });
  });

  it('ends where the model quotes without end, and is told the form', async () => {
    const endless = Array.from({ length: 9 }, () => `\`\`\`\nsee\n${block}`);
    const { cell, provider, lastRequest } = session([`So:\n${endless[0]}`, ...endless.slice(1), 'Good.']);
    const { stop } = await cell(prompt);
    expect(provider.requests).toHaveLength(10);
    expect(lastRequest().at(-1)!.content).toBe(teach('quoted', ['python', 'bash']));
    expect(stop.answer).toBe('Good.');
  });

  it('ends as cut where its tokens are used up', async () => {
    const long = `\`\`\`\n<helpers>\n${'x = 1\n'.repeat(400)}${closingTag}\n`;
    const { cell, provider } = session([`See:\n${long}`, 'Good.']);
    const { steps } = await cell(prompt);
    expect(provider.requests).toHaveLength(1);
    expect(steps[0]!.metadata.record.stop).toBe('length');
  });

  it('fails as a whole where a later call fails', async () => {
    const [first] = callsOf(fenced('So:', 'x'));
    const error = new ProviderError('server', 'It failed.', 'Wait.');
    const { stop } = await session([{ text: first! }, { text: 'Th', error }]).cell(prompt);
    expect(stop.summary.stop).toBe('provider');
  });

  it('keeps what came before a call that begins anew', async () => {
    const text = fenced('So:', 'That is it.');
    const [first, second] = callsOf(text);
    const provider = new (class extends ScriptedProvider {
      override async *generate(
        ...args: Parameters<ScriptedProvider['generate']>
      ): AsyncGenerator<ProviderEvent, void, undefined> {
        if (this.requests.length === 1) {
          yield { type: 'text', text: '\nlost' };
          const spent = { inputTokens: 1, outputTokens: 1, cachedTokens: 0, estimated: true };
          yield { type: 'retry', reason: 'It broke off.', attempt: 2, waitMs: 0, spent };
        }
        yield* super.generate(...args);
      }
    })([first!, second!]);
    const { stop, events } = await session([], [], { provider }).cell(prompt);
    expect(stop.answer).toBe(text);
    const retry = events.findIndex(({ type }) => type === 'retry');
    expect(textOf(events.slice(retry), 'prose')).toBe(text);
  });

  it('is what it was where the reply had ended by itself', async () => {
    const text = 'See `';
    const { stop, events } = await session([text, '']).cell(prompt);
    expect(stop.answer).toBe(text);
    expect(textOf(events, 'prose')).toBe(text);
  });

  it('comes to the same as without a stop sequence, whatever is quoted', async () => {
    const pieces = [
      'a ',
      '\n',
      '```\n',
      '\n> quoted\n',
      `\\${closingTag} `,
      `\`${closingTag}\``,
      '<helpers>',
      'x',
      block,
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...pieces), { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (parts, chunk) => {
          const text = `So: ${parts.join('')}`;
          const turn = async (provider: ScriptedProvider) =>
            (await session([], [], { provider }).cell(prompt)).steps[0]?.metadata.record;
          const whole = await turn(new ScriptedProvider([{ text, chunk, ignoreStop: true }]));
          const told = await turn(new Resuming(text, chunk));
          expect(told?.helper).toEqual(whole?.helper);
          if (whole?.helper) expect(told?.text).toBe(whole.text);
          else expect(`${text}${closingTag}`.startsWith(told!.text)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Says one text, from where it was cut off. */
class Resuming extends ScriptedProvider {
  readonly #text: string;
  readonly #chunk: number;

  constructor(text: string, chunk: number) {
    super([]);
    this.canBegin = true;
    this.#text = text;
    this.#chunk = chunk;
  }

  override generate(
    request: Parameters<ScriptedProvider['generate']>[0],
  ): AsyncGenerator<ProviderEvent, void, undefined> {
    const text = this.#text.slice(request.begin?.length ?? 0);
    return new ScriptedProvider([{ text, chunk: this.#chunk }]).generate(request);
  }
}

describe('a helper block in a fence that nobody asked to see', () => {
  const wrapped = fenced('Let me look.', 'The result is 7.');

  it('runs nothing, and the model is told so once', async () => {
    const { cell, tool, lastRequest } = session([...callsOf(wrapped), block, 'It is 1.']);
    const { stop } = await cell();
    expect(tool.ran).toEqual(['print(1)']);
    expect(lastRequest()[2]!.content).toBe(teach('wrapped'));
    expect(stop.answer).toBe('It is 1.');
  });

  it('is the answer where the model says the same again', async () => {
    const { cell, tool } = session([...callsOf(wrapped), ...callsOf(wrapped)]);
    expect((await cell()).stop.answer).toBe(wrapped);
    expect(tool.ran).toEqual([]);
  });
});
