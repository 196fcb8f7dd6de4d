import { describe, expect, it } from 'vitest';
import { never } from '../../support/scripted-provider.ts';
import { stdout } from '../../support/scripted-tool.ts';
import { helper, session, shape, textOf } from './harness.ts';

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
    expect(stop).toMatchObject({ answer: 'It is 42.', summary: { stop: 'final', helpers: 1, cost: 0 } });
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
