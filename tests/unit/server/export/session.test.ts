import { describe, expect, it } from 'vitest';
import { trace } from '../../../../server/cli/export/trace.ts';
import { readNotebook } from '../../../../server/cli/notebook/read.ts';
import { sessionOf } from '../../../../server/cli/notebook/session.ts';
import { codeCell, outputsOfTurns, printed, saveNotebook } from '../../../support/saved-session.ts';
import { temporaryDirectory } from '../temporary.ts';

/** A turn as another version or program may have written it: with what is required alone. */
const bareTurn = (more: object = {}, about?: unknown) => ({
  output_type: 'display_data',
  data: { 'application/vnd.replique.turn+json': { provider: 'p', model: 'm', text: 't', ...more } },
  ...(about !== undefined && { metadata: { replique: about } }),
});
const helper = { lang: 'python', code: 'f()' };
const result = (value: unknown) => ({
  output_type: 'display_data',
  data: { 'application/vnd.replique.result+json': value, 'text/plain': 'how it ended' },
});

async function session(...cells: unknown[]) {
  return sessionOf((await readNotebook(saveNotebook(temporaryDirectory(), cells))).notebook);
}
async function spans(...cells: unknown[]) {
  const text = trace.write(await readNotebook(saveNotebook(temporaryDirectory(), cells)));
  const read = JSON.parse(text) as {
    resourceSpans: [{ scopeSpans: [{ spans: { name: string; attributes: unknown; status: object }[] }] }];
  };
  return read.resourceSpans[0].scopeSpans[0].spans;
}

describe('a session as a notebook recorded it', () => {
  it('is read from turns alone, where there is no footer and no times', async () => {
    const [cell] = await session(
      codeCell('Ask', 1, [bareTurn({ helper }), printed('1\n'), bareTurn({ final: true })]),
    );
    expect(cell).toMatchObject({ unreadable: 0, durationMs: 0, error: undefined, began: undefined });
    expect(cell?.turns).toMatchObject([
      { number: 1, durationMs: 0, helper: { status: 'ok', text: '1\n', durationMs: 0 } },
      { number: 2, data: { final: true } },
    ]);
  });

  it('takes the times from the footer where a turn has none of its own', async () => {
    const footer = {
      output_type: 'display_data',
      data: { 'application/vnd.replique.cell+json': { stop: 'final', turns: [{ turn: 7 }] } },
      metadata: { replique: { kind: 'cell', turns: [{ durationMs: 30, helperDurationMs: 4 }] } },
    };
    const [cell] = await session(
      codeCell('Ask', 1, [bareTurn({ helper }, { kind: 'turn', turn: 1 }), footer]),
    );
    expect(cell).toMatchObject({
      durationMs: 0,
      turns: [{ durationMs: 30, helper: { durationMs: 4, status: 'ok' } }],
    });
  });

  it('has as a helper’s doing what was shown up to the next turn, the footer or the error, without notices', async () => {
    const notice = {
      output_type: 'display_data',
      data: { 'text/plain': 'notice' },
      metadata: { replique: { kind: 'notice' } },
    };
    const unreadable = { output_type: 'execute_result', data: { 'text/plain': 5 }, execution_count: 1 };
    const error = { output_type: 'error', ename: 'E', evalue: 'v' };
    const [one, two] = await session(
      codeCell('Ask', 1, [
        ...outputsOfTurns([
          { text: 'x', helper, outputs: [printed('a'), notice, unreadable] },
          { text: 'y' },
        ]),
      ]),
      codeCell('Ask', 2, [bareTurn({ helper }), printed('b'), error, printed('after')]),
    );
    expect(one?.turns[0]?.helper?.text).toBe('a\n');
    expect(two?.turns[0]?.helper?.text).toBe('b');
    expect(two?.error).toEqual({ ename: 'E', evalue: 'v' });
  });

  it.each([
    [{ status: 'error', error: { ename: 'KeyError', evalue: 'n' } }, 'error', 'KeyError'],
    [{ status: 'timeout' }, 'timeout', undefined],
    [{ status: 7 }, 'ok', undefined],
    ['no record', 'ok', undefined],
  ])('reads how a helper failed from %j', async (value, status, ename) => {
    const [cell] = await session(codeCell('Ask', 1, [bareTurn({ helper }), result(value)]));
    expect(cell?.turns[0]?.helper).toMatchObject({ status, ename, text: 'how it ended' });
  });

  it.each([
    [undefined, undefined],
    ['2026-01-02', undefined],
    [null, undefined],
    [{ 'iopub.execute_input': 5 }, undefined],
    [{ 'iopub.execute_input': 'yesterday' }, undefined],
    [{ 'iopub.execute_input': '1960-01-01T00:00:00Z' }, undefined],
    [{ 'iopub.execute_input': '1970-01-01T00:00:01Z' }, 1000],
  ])('began, by metadata.execution %j, at %j', async (execution, began) => {
    const [cell] = await session({ ...codeCell('Ask', 1), metadata: { execution } });
    expect(cell?.began).toBe(began);
  });

  it.each([
    [{ id: 'abc', execution_count: 3 }, 'abc', 3],
    [{ id: 5, execution_count: '3' }, undefined, undefined],
    [{ execution_count: -1 }, undefined, undefined],
    [{ execution_count: 1.5 }, undefined, undefined],
  ])('has of %j what is of the right type', async (more, id, count) => {
    expect(await session({ ...codeCell('Ask', 1), ...more })).toMatchObject([{ id, count }]);
  });

  it('has no outputs where they are no list', async () => {
    expect(await session({ ...codeCell('Ask', 1), outputs: { 0: bareTurn() } })).toMatchObject([
      { turns: [] },
    ]);
  });
});

describe('spans of turns that say little', () => {
  it('have what there is, and different ids', async () => {
    const all = await spans(
      codeCell('Ask', null, [bareTurn({ helper }), result({ status: 'error' }), bareTurn()]),
    );
    expect(all.map(({ name }) => name)).toEqual([
      'invoke_agent replique',
      'chat m',
      'execute_tool python',
      'chat m',
    ]);
    expect(JSON.stringify(all)).not.toMatch(/finish_reasons|temperature|replique\.cost|replique\.cell\.id/);
    expect(all[0]?.attributes).toContainEqual({ key: 'gen_ai.usage.input_tokens', value: { intValue: '0' } });
    expect(all[2]?.attributes).toContainEqual({ key: 'error.type', value: { stringValue: 'error' } });
    expect(all[1]?.status).toEqual({});
  });

  it.each([
    ['stop', 'stop', {}],
    ['length', 'length', {}],
    ['filtered', 'content_filter', {}],
    ['aborted', 'error', { code: 2, message: 'The turn broke off.' }],
    ['error', 'error', { code: 2, message: 'The turn broke off.' }],
  ])('tell of the stop %j as the finish reason %j', async (stop, reason, status) => {
    const [, chat] = await spans(codeCell('Ask', 1, [bareTurn({ stop })]));
    expect(chat?.attributes).toContainEqual({
      key: 'gen_ai.response.finish_reasons',
      value: { arrayValue: { values: [{ stringValue: reason }] } },
    });
    expect(chat?.status).toEqual(status);
  });

  it('tell how the cell failed', async () => {
    const error = { output_type: 'error', ename: 'TurnLimit', evalue: 'No answer.' };
    const [whole] = await spans(codeCell('Ask', 1, [bareTurn(), error]));
    expect(whole?.attributes).toContainEqual({ key: 'error.type', value: { stringValue: 'TurnLimit' } });
    expect(whole?.status).toEqual({ code: 2, message: 'No answer.' });
  });
});
