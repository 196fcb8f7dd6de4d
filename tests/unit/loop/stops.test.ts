import { describe, expect, it } from 'vitest';
import { repliqueError } from '../../../kernel/errors.ts';
import { teach } from '../../../kernel/loop/teaching.ts';
import { ProviderError, type Usage } from '../../../kernel/providers/contract.ts';
import { stdout, type ScriptedRun } from '../../support/scripted-tool.ts';
import { helper, noticesOf, session, shape } from './harness.ts';

const usage = { inputTokens: 10, outputTokens: 2, cachedTokens: 0, estimated: false };

describe('a malformed helper', () => {
  it('is explained to the model, which can mend it', async () => {
    const { cell, lastRequest } = session(['<helper>1</helper>', helper('1'), 'One.']);
    const { stop, events } = await cell();
    expect(stop.summary.stop).toBe('final');
    expect(lastRequest()[1]!.content).toBe('<helper>');
    expect(lastRequest()[2]!.content).toBe(teach('look-alike'));
    expect(events.filter(({ type }) => type === 'notice')).toHaveLength(1);
  });

  it('is explained at most three times in a row', async () => {
    const { cell, provider, tool } = session(Array.from({ length: 9 }, () => '<helpers lang=python>1'));
    const { stop } = await cell();
    expect(provider.requests).toHaveLength(3);
    expect(tool.ran).toEqual([]);
    expect(stop).toMatchObject({ summary: { stop: 'malformed' }, problem: { ename: 'Malformed' } });
  });

  it('starts the count anew after a good one', async () => {
    const bad = '<helpers lang=python>1';
    const { cell } = session([bad, bad, helper('1'), bad, bad, 'Done.']);
    expect((await cell()).stop.summary.stop).toBe('final');
  });

  it('names the languages that there are', async () => {
    const { cell, lastRequest } = session(['<helpers lang="cobol">', 'Done.']);
    await cell();
    expect(lastRequest()[2]!.content).toContain('Languages: python, bash.');
  });

  it('was cut off at the token limit', async () => {
    const { cell, lastRequest } = session([{ text: '<helpers>\nx = [1', stop: 'length' }, 'Done.']);
    await cell();
    expect(lastRequest()[2]!.content).toBe(teach('cut'));
  });
});

describe('code in a fence', () => {
  const fenced = 'Let me run this:\n```python\nprint(1)\n```\n';

  it('does not run, and a model that announces it is told so once', async () => {
    const { cell, tool, lastRequest } = session([fenced, fenced]);
    const { stop } = await cell();
    expect(tool.ran).toEqual([]);
    expect(lastRequest()[2]!.content).toBe(teach('fence'));
    expect(stop).toMatchObject({ answer: fenced.trim(), summary: { stop: 'final' } });
  });

  it.each([
    'Here is the function:\n```python\ndef run(): pass\n```\nIt does nothing.',
    'I will show the output:\n```\n1\n```',
    'Let me explain.',
  ])('is an answer: %s', async (text) => {
    const { cell, provider } = session([text]);
    expect((await cell()).stop.answer).toBe(text);
    expect(provider.requests).toHaveLength(1);
  });
});

describe('a result that the model wrote itself', () => {
  const invented = '<result status="ok">\n401 lines\n</result>';

  it('is no answer, and the model is told so', async () => {
    const { cell, lastRequest } = session([invented, helper('1'), 'It is 12.']);
    expect((await cell()).stop.answer).toBe('It is 12.');
    expect(lastRequest()[2]!.content).toBe(teach('invented'));
  });

  it('ends the cell at the third time in a row', async () => {
    const { cell } = session([invented, '<helper>', invented]);
    expect((await cell()).stop.problem?.ename).toBe('Malformed');
  });

  it('may be quoted', async () => {
    const text = 'So it looks:\n```\n<result status="ok">\n```\nor `<result>`.';
    expect((await session([text]).cell()).stop.answer).toBe(text);
  });
});

describe('the loop ends', () => {
  it('at the turn limit, and tells the model before its last turn', async () => {
    const { cell, provider, lastRequest } = session(
      [1, 2, 3, 4].map((n) => helper(`print(${n})`)),
      [],
      { maxTurns: 3 },
    );
    const { stop, summary } = await cell();
    expect(provider.requests).toHaveLength(3);
    expect(lastRequest().at(-1)!.content).toContain('One reply is left');
    expect(stop).toMatchObject({
      summary: { stop: 'turn-limit', helpers: 3 },
      problem: { ename: 'TurnLimit' },
    });
    expect(summary).toEqual(stop.summary);
  });

  it('when the same code has the same result for the third time, after a hint', async () => {
    const { cell, tool, lastRequest } = session(['a', 'b', 'a', 'b', 'a', 'b'].map((code) => helper(code)));
    const { stop } = await cell();
    expect(tool.ran).toEqual(['a', 'b', 'a', 'b', 'a']);
    expect(lastRequest().at(-1)!.content).toContain('Same code, same result');
    expect(stop.problem?.ename).toBe('Repetition');
  });

  it('not when the results differ', async () => {
    const { cell } = session(
      [helper('a'), helper('a'), helper('a'), 'Done.'],
      ['1', '2', '3'].map((text) => ({ outputs: [stdout(text)] })),
    );
    expect((await cell()).stop.summary.stop).toBe('final');
  });

  it('after two empty replies in a row, one is answered', async () => {
    const two = session(['', ' \n']);
    expect((await two.cell()).stop.problem?.ename).toBe('EmptyReply');
    const one = session(['', 'Here.']);
    expect((await one.cell()).stop.summary.stop).toBe('final');
    expect(one.lastRequest()).toHaveLength(1);
    expect(one.lastRequest()[0]!.content).toContain('Your reply was empty');
  });

  it('when the sandbox is not available', async () => {
    const error = repliqueError('SANDBOX_UNAVAILABLE', { missing: 'no bwrap.', remedy: 'Install it.' });
    const { cell, lastRequest } = session([helper('1'), 'Later.'], [{ throws: error }]);
    const { stop, events } = await cell();
    expect(stop.problem).toEqual({
      ename: 'SandboxUnavailable',
      sentence: error.message,
      remedy: 'Install it.',
    });
    expect(shape(events)).toMatch(/helper-start helper-end stop$/);
    await cell('Again?');
    expect(lastRequest().at(-1)!.content).toMatch(/<\/result>\n\nAgain\?$/);
  });

  it('when a tool has a bug', async () => {
    const { cell } = session([helper('1')], [{ throws: new TypeError('undefined is not a function') }]);
    expect((await cell()).stop.problem?.ename).toBe('HelperFailed');
  });

  it('says that an answer was cut off', async () => {
    const { cell } = session([{ text: 'It is abou', stop: 'length' }]);
    const { stop, events } = await cell();
    expect(stop.answer).toBe('It is abou');
    expect(noticesOf(events)).toEqual([expect.stringContaining('500')]);
  });
});

describe('a provider that fails', () => {
  const down = new ProviderError('unreachable', 'It is down.', 'Start it.');

  it('ends the cell with its sentence and remedy; the next cell starts clean', async () => {
    const { cell, lastRequest } = session([{ error: down }, 'Hello.']);
    const { stop, events } = await cell('One?');
    expect(stop.problem).toEqual({ ename: 'ProviderError', sentence: 'It is down.', remedy: 'Start it.' });
    expect(stop.summary).toMatchObject({ stop: 'provider', turns: [{ turn: 1 }] });
    expect(shape(events)).toBe('turn-start turn-end stop');
    await cell('Two?');
    expect(lastRequest()).toEqual([{ role: 'user', content: 'Two?' }]);
  });

  it('keeps what was done before it failed', async () => {
    const { cell, lastRequest } = session([helper('1'), { text: 'It i', error: down }, 'Hello.']);
    await cell('One?');
    await cell('Two?');
    expect(lastRequest().map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(lastRequest().at(-1)!.content).toMatch(/Two\?$/);
  });

  it.each([
    ['ends without a stop', { text: 'It', noStop: true }, /broke off/],
    ['throws something of its own', { error: new TypeError('boom') }, /boom/],
  ])('%s', async (_name, reply, sentence) => {
    const { stop } = await session([reply]).cell();
    expect(stop.summary.stop).toBe('provider');
    expect(stop.problem?.sentence).toMatch(sentence);
  });

  it('can’t say what its model is', async () => {
    const { cell, provider } = session(['Hi.']);
    provider.infoError = down;
    expect((await cell()).stop.problem?.sentence).toBe('It is down.');
    provider.infoError = undefined;
    expect((await cell()).stop.answer).toBe('Hi.');
  });

  it('refuses a prompt as too long: once more with less, then the cell ends', async () => {
    const over = new ProviderError('overflow', 'Too long.', 'Shorten it.');
    const twice = session([{ error: over }, { error: over }]);
    const { stop, events } = await twice.cell();
    expect(stop.problem?.ename).toBe('ContextOverflow');
    expect(shape(events)).toBe('turn-start turn-end stop');
    const once = session([{ error: over }, 'Fits.']);
    expect((await once.cell()).stop.answer).toBe('Fits.');
  });

  it('is never sent a prompt that can’t fit', async () => {
    const { cell, provider } = session(['Hi.']);
    provider.info = { ...provider.info, contextLength: 2048 };
    expect((await cell('word '.repeat(9000))).stop.problem?.ename).toBe('ContextOverflow');
    expect(provider.requests).toHaveLength(0);
    expect((await cell('Short?')).stop.answer).toBe('Hi.');
  });

  it('passes on notices, counts and price', async () => {
    const costOf = (used: Usage): number => used.inputTokens / 4;
    const { cell } = session([{ text: 'Hi.', notice: 'Loading.', usage }], [], { costOf });
    const { events, stop } = await cell();
    expect(events).toContainEqual({ type: 'notice', text: 'Loading.' });
    expect(stop.summary).toMatchObject({ usage, cost: usage.inputTokens / 4 });
    const silent = session([{ text: 'Hi.', noUsage: true }]);
    const { summary } = (await silent.cell()).stop;
    expect(summary.usage).toMatchObject({ estimated: true });
    expect(summary).not.toHaveProperty('cost');
  });
});

describe('a budget', () => {
  it('ends the cell before a call that it has no room for, with what was done so far kept', async () => {
    const { cell, lastRequest } = session([
      helper('1'),
      {
        error: new ProviderError(
          'budget',
          'The budget of this cell leaves no room.',
          '`%budget cell …` allows more.',
        ),
      },
      'Done.',
    ]);
    const { stop } = await cell();
    expect(stop.summary).toMatchObject({ stop: 'budget', helpers: 1 });
    expect(stop.problem).toEqual({
      ename: 'BudgetExceeded',
      sentence: 'The budget of this cell leaves no room.',
      remedy: '`%budget cell …` allows more.',
    });
    expect((await cell('Go on.')).stop.answer).toBe('Done.');
    expect(lastRequest().some(({ content }) => content.includes('<result'))).toBe(true);
  });
});

const failing = (ename: string, evalue: string): ScriptedRun => ({
  result: { status: 'error', error: { ename, evalue, traceback: [`${ename}: ${evalue}`] } },
});

describe('a model that does not get on', () => {
  it('is stopped at the same error five times in a row, whatever its code', async () => {
    const runs = Array.from({ length: 9 }, () => failing('NameError', "name 'x' is not defined"));
    const { cell, provider } = session(
      Array.from({ length: 9 }, (_, number) => helper(`x + ${number}`)),
      runs,
      { maxTurns: 20 },
    );
    const { stop } = await cell();
    expect(stop).toMatchObject({ summary: { stop: 'no-progress', helpers: 5 } });
    expect(stop.problem?.remedy).toContain('%continue');
    expect(provider.requests).toHaveLength(5);
  });

  it('goes on where the errors differ', async () => {
    const runs = Array.from({ length: 6 }, (_, number) =>
      failing('NameError', `name 'x${number}' is not defined`),
    );
    const replies = [
      ...Array.from({ length: 6 }, (_, number) => helper(`x${number}`)),
      'Done.',
      'Done.',
      'Done.',
    ];
    const { cell } = session(replies, runs, { maxTurns: 20 });
    expect((await cell()).stop.summary.stop).toBe('final');
  });
});

it('a reply that the provider’s content filter ended is no answer', async () => {
  const { cell } = session([{ text: 'I can', stop: 'filtered' }, 'Something else.']);
  const { stop, events } = await cell();
  expect(stop).toMatchObject({ summary: { stop: 'refusal' }, problem: { ename: 'Refused' } });
  expect(stop).not.toHaveProperty('answer');
  const end = events.find((event) => event.type === 'turn-end');
  expect(end?.type === 'turn-end' && end.record).toMatchObject({ stop: 'filtered', final: false });
  expect((await cell('In other words?')).stop.answer).toBe('Something else.');
});
