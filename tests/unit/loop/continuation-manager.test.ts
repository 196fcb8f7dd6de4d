import type { ToolContext } from '../../../kernel/tools/contract.ts';
import { describe, expect, it, vi } from 'vitest';
import { estimateTokens } from '../../../kernel/economy/estimate.ts';
import { never } from '../../support/scripted-provider.ts';
import { stdout } from '../../support/scripted-tool.ts';
import { helper, noticesOf, session, shape, textOf } from './harness.ts';

const failed = { result: { status: 'error', error: { ename: 'E', evalue: 'v', traceback: [] } } } as const;

describe('a cell', () => {
  it('runs a helper, gives the result back and ends with the answer', async () => {
    const { cell, tool, lastRequest } = session(
      [helper('print(6 * 7)', 'I compute it.\n'), 'It is 42.'],
      [{ outputs: [stdout('42\n')] }],
    );
    const { steps, events, stop } = await cell();
    expect(steps.map((step) => [step.type, step.content])).toEqual([
      ['LLM_RESPONSE', helper('print(6 * 7)', 'I compute it.\n')],
      ['TOOL_EXECUTION', '<result status="ok">\n42\n</result>'],
      ['LLM_RESPONSE', 'It is 42.'],
      ['FINAL_ANSWER', 'It is 42.'],
    ]);
    expect(shape(events)).toBe(
      'turn-start prose code turn-end helper-start helper-output helper-end turn-start prose turn-end stop',
    );
    expect(tool.ran).toEqual(['print(6 * 7)']);
    expect(stop).toMatchObject({ answer: 'It is 42.', summary: { stop: 'final', helpers: 1 } });
    expect(stop.problem).toBeUndefined();
    expect(lastRequest()).toEqual([
      { role: 'user', content: 'How many?' },
      { role: 'assistant', content: helper('print(6 * 7)', 'I compute it.\n') },
      { role: 'user', content: '<result status="ok">\n42\n</result>' },
    ]);
  });

  it('never reads what follows the closing tag, and ends a stream that ignores the stop sequence', async () => {
    const invented = `${helper('print(1)')}<result status="ok">\n99\n</result>\nIt is 99.${'x'.repeat(5000)}`;
    const { cell, tool, provider, lastRequest } = session([
      {
        text: invented,
        ignoreStop: true,
        chunk: 11,
        usage: { inputTokens: 5, outputTokens: 5, cachedTokens: 0, estimated: false },
      },
      'done',
    ]);
    const { events } = await cell();
    expect(tool.ran).toEqual(['print(1)']);
    expect(lastRequest()[1]!.content).toBe(helper('print(1)'));
    expect(textOf(events, 'prose')).toBe('done');
    expect(provider.sent[0]!.length).toBeLessThan(200);
    const turn = events.find((event) => event.type === 'turn-end')!;
    expect(turn).toMatchObject({ record: { stop: 'stop', usage: { estimated: true } } });
  });
});

describe('an interrupt', () => {
  it('ends the cell in mid-stream though the provider never settles', async () => {
    const stop = new AbortController();
    const reply = {
      text: 'I think it is',
      hang: true,
      ignoreAbort: true,
      onPiece: (sent: string) => sent.length === 13 && stop.abort(),
    };
    const { cell, lastRequest } = session([reply, 'Fine.']);
    const result = await cell('One?', stop.signal);
    expect(result.stop).toMatchObject({
      summary: { stop: 'interrupted' },
      problem: { ename: 'Interrupted' },
    });
    expect(shape(result.events)).toBe('turn-start prose turn-end stop');
    await cell('Two?');
    expect(lastRequest().map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it('ends the cell in mid-helper though the tool never settles, and drops its later output', async () => {
    const stop = new AbortController();
    let late: (() => void) | undefined;
    const { cell, lastRequest } = session(
      [helper('while True: pass'), 'Fine.'],
      [
        {
          during: (context) => {
            late = () => context.onOutput(stdout('late'));
            stop.abort();
            return never();
          },
        },
      ],
    );
    const result = await cell('One?', stop.signal);
    const count = result.events.length;
    late?.();
    expect(result.events.length).toBe(count);
    expect(shape(result.events)).toBe('turn-start code turn-end helper-start helper-end stop');
    expect(result.stop.summary.turns[0]!.helper?.status).toBe('interrupted');
    await cell('Two?');
    expect(lastRequest().at(-1)!.content).toBe(
      '<result status="interrupted">\n(stopped by the user)\n</result>\n\nTwo?',
    );
  });
});

describe('an interrupt at other times', () => {
  it('before anything was said leaves no trace in the conversation', async () => {
    const { cell, lastRequest } = session([{ hang: true }, 'Hi.']);
    const stop = new AbortController();
    const onEvent = ({ type }: { type: string }): void => {
      if (type === 'turn-start') queueMicrotask(() => stop.abort());
    };
    const { stop: end } = await cell('One?', stop.signal, onEvent);
    expect(end.problem?.ename).toBe('Interrupted');
    await cell('Two?');
    expect(lastRequest()).toEqual([{ role: 'user', content: 'Two?' }]);
  });

  it('inside a block that is being written leaves the block closed and not run', async () => {
    const stop = new AbortController();
    const onPiece = (sent: string): void => {
      if (sent.includes('x = 1')) stop.abort();
    };
    const { cell, tool, lastRequest } = session([
      { text: helper('x = 1\ny = 2'), onPiece, ignoreAbort: true, hang: true },
      'Hi.',
    ]);
    const { events } = await cell('One?', stop.signal);
    expect(tool.ran).toEqual([]);
    expect(events.find(({ type }) => type === 'turn-end')).toMatchObject({
      record: { stop: 'aborted', final: false },
    });
    await cell('Two?');
    expect(lastRequest()[1]!.content).toMatch(/^<helpers lang="python">\nx = 1[^]*<\/helpers>$/);
    expect(lastRequest()[2]!.content).toMatch(/\(stopped by the user\)\n<\/result>\n\nTwo\?$/);
  });

  it('that came before the cell ends it at once', async () => {
    const { cell, provider } = session(['Hi.']);
    const { events } = await cell('One?', AbortSignal.abort());
    expect(shape(events)).toBe('stop');
    expect(provider.requests).toHaveLength(0);
  });

  it('while the workspace is being listed ends it, too', async () => {
    const stop = new AbortController();
    const workspaceListing = (): Promise<never> => {
      stop.abort();
      return never();
    };
    const { cell } = session(['Hi.'], [], { workspaceListing });
    expect((await cell('One?', stop.signal)).stop.summary.stop).toBe('interrupted');
  });
});

describe('the steps', () => {
  it('can be left: the cell is then interrupted, and the next one can run', async () => {
    const { manager, cell, tool, lastRequest } = session([helper('1'), 'Hi.']);
    const events: string[] = [];
    for await (const step of manager.processWithContinuation('One?', {
      emit: ({ type }) => events.push(type),
    })) {
      expect(step.type).toBe('LLM_RESPONSE');
      break;
    }
    expect(events.at(-1)).toBe('stop');
    expect(tool.ran).toEqual([]);
    await cell('Two?');
    expect(lastRequest().map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it('run one cell at a time', async () => {
    const { manager } = session([helper('1'), 'Hi.']);
    const first = manager.processWithContinuation('One?');
    await first.next();
    await expect(manager.processWithContinuation('Two?').next()).rejects.toThrow('one cell at a time');
    await first.return({} as never);
  });

  it('say whether the loop goes on', async () => {
    const { manager, cell } = session([helper('1'), 'Hi.'], [], { maxTurns: 4 });
    const { events } = await cell();
    const records = events.flatMap((event) => (event.type === 'turn-end' ? [event.record] : []));
    expect(manager.shouldContinue({ record: records[0]!, kind: 'helper' }, 1)).toBe(true);
    expect(manager.shouldContinue({ record: records[0]!, kind: 'helper' }, 4)).toBe(false);
    expect(manager.shouldContinue({ record: records[1]!, kind: 'final' }, 2)).toBe(false);
  });
});

describe('a helper', () => {
  it('that is refused does not run, and the model is told why', async () => {
    const { cell, tool, lastRequest } = session(
      [helper('def ('), 'Hi.', 'It can not be done.'],
      [{ refuse: 'line 1: invalid syntax\ndef (\n    ^' }],
    );
    const { events } = await cell();
    expect(tool.ran).toEqual([]);
    expect(lastRequest().at(-3)!.content).toMatch(
      /^<result status="error">[^]*invalid syntax\ndef \(\n {4}\^/,
    );
    expect(events.find(({ type }) => type === 'helper-end')).toMatchObject({ result: { status: 'error' } });
  });

  it('that failed is followed by words only after the model was asked once to mend it', async () => {
    const { cell, lastRequest } = session(
      [helper('1/0'), 'It fails.', 'It can not be done.'],
      [{ result: { status: 'error', error: { ename: 'E', evalue: 'v', traceback: [] } } }],
    );
    const { events } = await cell();
    expect(lastRequest().at(-1)!.content).toContain('Write its whole code again, corrected');
    expect(events.at(-1)).toMatchObject({ type: 'stop', answer: 'It can not be done.' });
  });

  it('that is closed by an opening tag runs, and the model is shown it properly closed', async () => {
    const text = '<helpers lang="python">\nprint(1)\n<helpers lang="python">';
    const { cell, tool, lastRequest } = session([text, 'One.'], [{}]);
    const { events } = await cell();
    expect(tool.ran).toEqual(['print(1)']);
    expect(lastRequest().at(-2)!.content).toBe('<helpers lang="python">\nprint(1)\n</helpers>');
    expect(events.find(({ type }) => type === 'turn-end')).toMatchObject({ record: { text } });
  });

  it('that goes on in prose after a fence runs up to it, and the model is not shown what it made up', async () => {
    const text = '<helpers lang="python">\nprint(1)\n```\n\nThe answer is 12345.</helpers>';
    const { cell, tool, lastRequest } = session([text, 'One.'], [{}]);
    const { events } = await cell();
    expect(tool.ran).toEqual(['print(1)']);
    expect(lastRequest().at(-2)!.content).toBe('<helpers lang="python">\nprint(1)\n</helpers>');
    expect(events.find(({ type }) => type === 'turn-end')).toMatchObject({ record: { text } });
  });

  it('that is written again with the same result makes the next turn a warmer one, and only that', async () => {
    const { cell } = session([helper('1'), helper('1'), helper('2'), 'Done.'], [{}, {}, {}]);
    const { events } = await cell();
    const temperatures = events.flatMap((e) => (e.type === 'turn-end' ? [e.record.params.temperature] : []));
    expect(temperatures).toEqual([0, 0, 0.7, 0]);
  });

  it('that misses a file is told where it is, if it can be found', async () => {
    const error = {
      ename: 'FileNotFoundError',
      evalue: "No such file or directory: 'x/a.txt'",
      traceback: [],
    };
    const asked: string[] = [];
    const filesNamed = (name: string): Promise<readonly string[]> => {
      asked.push(name);
      return asked.length === 1 ? Promise.resolve(['b/a.txt']) : Promise.reject(new Error('EACCES'));
    };
    const run = { result: { status: 'error', error } } as const;
    const { cell, provider } = session([helper('1'), helper('2'), 'No.', 'No.', 'No.'], [run, run], {
      filesNamed,
    });
    await cell();
    const results = provider.requests.map(({ messages }) => messages.at(-1)!.content);
    expect(results[1]).toContain('"b/a.txt"');
    expect(results[2]).toContain('no such file');
    expect(asked).toEqual(['a.txt', 'a.txt']);
  });

  it('that fails with the same error as another did makes the next turn a warmer one', async () => {
    const { cell } = session([helper('1/0'), helper('2/0'), helper('3/1'), 'Done.'], [failed, failed, {}]);
    const { events } = await cell();
    const temperatures = events.flatMap((e) => (e.type === 'turn-end' ? [e.record.params.temperature] : []));
    expect(temperatures).toEqual([0, 0, 0.7, 0]);
  });

  it.each([
    ['in a wrong form', '<helper>\nprint(1)\n</helper>', []],
    ['in a fence', 'Let me run it:\n```python\nprint(1)\n```', []],
    ['after one that failed', 'It fails.', [failed]],
  ])('that did not come (%s) is begun for a model that can go on from there', async (_, reply, runs) => {
    const replies = [...runs.map(() => helper('1/0')), reply, 'print(2)\n</helpers>', 'Two.'];
    const { cell, tool, provider, lastRequest } = session(replies, [...runs, {}]);
    provider.canBegin = true;
    const { events, stop } = await cell();
    expect(stop).toMatchObject({ answer: 'Two.' });
    expect(tool.ran.at(-1)).toBe('print(2)');
    const begin = '<helpers lang="python">\n';
    expect(provider.requests.map((request) => request.begin)).toEqual([
      ...runs.map(() => undefined),
      undefined,
      begin,
      undefined,
    ]);
    const text = `${begin}print(2)\n</helpers>`;
    expect(lastRequest().at(-2)!.content).toBe(text);
    const records = events.flatMap((e) => (e.type === 'turn-end' ? [e.record] : []));
    expect(records.at(-2)).toMatchObject({ text, params: { begin } });
  });

  it('that failed is asked about each time, twice at most', async () => {
    const texts = ['1/0', '2/0', '3/0'].flatMap((code) => [helper(code), `${code} fails.`]);
    const { cell, tool } = session(texts, [failed, failed, failed], { maxTurns: 20 });
    const { events } = await cell();
    expect(tool.ran).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: 'stop', answer: '3/0 fails.' });
  });

  it('may ask the person where somebody can be asked', async () => {
    let answer: string | undefined;
    const during = async (context: ToolContext): Promise<void> => {
      answer = await context.onInput?.('Name?', false);
    };
    const { manager } = session([helper('input("Name?")'), 'Hi.'], [{ during }]);
    const steps = manager.processWithContinuation('?', {
      onInput: (prompt) => Promise.resolve(`${prompt} Ada`),
    });
    while (!(await steps.next()).done);
    expect(answer).toBe('Name? Ada');
  });

  it('gets its own timeout where that is shorter than the configured one', async () => {
    const { cell, tool } = session([
      '<helpers timeout="2">1</helpers>',
      '<helpers timeout="9999">2</helpers>',
      'Hi.',
    ]);
    await cell();
    expect(tool.timeouts).toEqual([2000, 10_000]);
  });

  it('can be run outside of a turn', async () => {
    const { manager, tool } = session([]);
    const outputs: unknown[] = [];
    const { result, forModel } = await manager.executeHelperBlock('1', 'python', {
      onOutput: (o) => outputs.push(o),
    });
    expect(result.status).toBe('ok');
    expect(forModel).toBe('<result status="ok">\nok\n</result>');
    expect(outputs).toHaveLength(1);
    expect(tool.ran).toEqual(['1']);
    await expect(manager.executeHelperBlock('1', 'cobol')).rejects.toThrow(RangeError);
  });

  it('ends soon after its time though its tool never settles', async () => {
    vi.useFakeTimers();
    try {
      const { manager } = session([], [{ during: never }]);
      const run = manager.executeHelperBlock('1', 'python');
      await vi.advanceTimersByTimeAsync(15_001);
      expect((await run).result.status).toBe('timeout');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a session', () => {
  it('says the files once, keeps one system message, and only adds to what it sent', async () => {
    const replies = [helper('1'), 'One.', helper('2'), 'Two.'];
    const { cell, provider, manager } = session(replies, [], {
      workspaceListing: () => Promise.resolve('a.csv'),
    });
    await cell('First?');
    manager.conversation.recordUserCode('x = 1', 'python', '<result status="ok">\n1\n</result>');
    await cell('Second?');
    const sent = provider.requests.map(({ messages }) => messages);
    for (const [at, messages] of sent.entries()) {
      const next = sent[at + 1];
      if (next) expect(next.slice(0, messages.length)).toEqual(messages);
    }
    const all = JSON.stringify(sent.at(-1));
    expect(all.match(/a\.csv/g)).toHaveLength(1);
    expect(all).toContain('I ran this python code myself');
  });

  it('goes on without a listing that fails, and says so', async () => {
    const workspaceListing = () => Promise.reject(new Error('EACCES'));
    const { cell } = session(['Hi.'], [], { workspaceListing });
    const { stop, events } = await cell();
    expect(stop.answer).toBe('Hi.');
    expect(noticesOf(events)[0]).toContain('EACCES');
  });

  it('stops a stream of endless text', async () => {
    const { cell } = session([{ text: 'word '.repeat(250_000), chunk: 5000 }]);
    const { events, stop } = await cell();
    expect(stop.summary.stop).toBe('final');
    expect(textOf(events, 'prose').length).toBeLessThan(1_010_000);
  });

  it('has a system prompt of fewer than 700 tokens, as we estimate them', () => {
    const { manager } = session([]);
    expect(estimateTokens(manager.conversation.messages()[0]!.content)).toBeLessThan(700);
  });
});
