import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { metadataSchema, mime, resultSchema } from '../../../kernel/output/schema.ts';
import type { WorkerOutput } from '../../../kernel/sandbox/contract.ts';
import { block, factory, recordCell, secret } from './recorder.ts';

const out = (text: string, name: 'stdout' | 'stderr' = 'stdout'): WorkerOutput => ({
  kind: 'stream',
  name,
  text,
});
const show = (text: string, displayId?: string): WorkerOutput => ({
  kind: 'display',
  data: { 'text/plain': text },
  metadata: {},
  ...(displayId !== undefined && { displayId }),
});
const update = (text: string, displayId: string): WorkerOutput => ({
  kind: 'update_display',
  data: { 'text/plain': text },
  metadata: {},
  displayId,
});
const clear = (wait = false): WorkerOutput => ({ kind: 'clear_output', wait });
const error = { ename: 'ValueError', evalue: 'no', traceback: ['\u001b[0;31mValueError\u001b[0m: no <b>'] };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a helper’s outputs', () => {
  it('keep their order, and say where they come from', () => {
    const cell = recordCell();
    cell.helper([
      out('a\n'),
      show('b'),
      out('c\n'),
      { kind: 'result', data: { 'text/plain': '4' }, metadata: {} },
    ]);
    expect(cell.types()).toEqual(['stream', 'display_data', 'stream', 'display_data']);
    const place = { kind: 'helper', turn: 1, helper: 1 };
    expect(cell.messages[1]?.content.metadata).toEqual({ replique: place });
    expect(cell.messages[3]?.content.metadata).toEqual({ replique: place });
    expect(metadataSchema.parse(place)).toEqual(place);
  });

  it('become few messages: adjacent text is joined for 50 ms', () => {
    const cell = recordCell();
    cell.emit({ type: 'helper-start', turn: 1, helper: 1, block });
    for (let i = 0; i < 20_000; i++) {
      cell.emit({ type: 'helper-output', turn: 1, helper: 1, output: out(`${i}\n`) });
      if (i % 100 === 99) vi.advanceTimersByTime(1);
    }
    cell.emitter.flush();
    expect(cell.messages.length).toBeLessThan(10);
    expect(cell.outputs()[0]?.content.text.split('\n').length).toBe(20_001);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('become few messages even where two streams alternate, and none is lost', () => {
    const cell = recordCell();
    cell.helper(Array.from({ length: 2000 }, (_, i) => out(`${i}\n`, i % 2 ? 'stderr' : 'stdout')));
    expect(cell.messages.length).toBeLessThan(100);
    const lines = cell.messages.flatMap((m) => m.content.text.trim().split('\n'));
    expect(lines.length).toBe(2000);
  });

  it('lose what controls a terminal and what is secret, wherever the chunks are cut', () => {
    const cell = recordCell();
    const text = `a\u001b]8;;http://evil.test\u0007link\u001b]8;;\u0007 \u001b[31mred\u001b[0m ${secret} \u001b[2Jend 😀`;
    cell.helper([...text.split('')].map((piece) => out(piece)));
    expect(cell.outputs()[0]?.content.text).toBe('alink \u001b[31mred\u001b[0m [redacted] end 😀');
  });

  it('are cut beyond a million characters, with the numbers', () => {
    const cell = recordCell();
    cell.helper(Array.from({ length: 30 }, () => out('x'.repeat(50_000))));
    expect(cell.outputs()[0]?.content.text.length).toBe(1_000_000);
    expect(cell.outputs()[1]?.content.data['text/plain']).toBe(
      'The text was cut: 1 000 000 characters are shown, 500 000 more are not.',
    );
  });

  it('are cut beyond 500 displays, with the numbers', () => {
    const cell = recordCell();
    cell.helper(Array.from({ length: 750 }, (_, i) => show(String(i))));
    expect(cell.outputs().length).toBe(501);
    expect(cell.outputs().at(-1)?.content.data['text/plain']).toBe(
      'Outputs were left out: 500 are shown, 250 more are not.',
    );
  });

  it('are told apart by cell and session, and can be updated in a later cell', () => {
    const make = factory();
    const first = recordCell(make);
    first.helper([show('one', 'worker id')]);
    const id = first.messages[0]?.content.transient.display_id ?? '';
    expect(id).toMatch(/^session:1:d[0-9a-f]{16}$/);
    const second = recordCell(make);
    second.helper([update('two', 'worker id')]);
    expect(second.messages[0]).toMatchObject({
      msg_type: 'update_display_data',
      content: { data: { 'text/plain': 'two' }, transient: { display_id: id } },
    });
    second.helper([show('three', 'worker id')]);
    expect(second.messages.at(-1)?.content.transient.display_id).not.toBe(id);
  });

  it('are shown where they update something that was never shown', () => {
    const cell = recordCell();
    cell.helper([update('x', 'nobody knows')]);
    expect(cell.types()).toEqual(['display_data']);
    expect(cell.messages[0]?.content.transient.display_id).toBeDefined();
  });

  it('are published once for many updates of the same display', () => {
    const cell = recordCell();
    cell.helper([show('0', 'bar'), ...Array.from({ length: 500 }, (_, i) => update(`${i}`, 'bar'))]);
    expect(cell.messages.length).toBe(1);
    expect(cell.messages[0]).toMatchObject({
      msg_type: 'display_data',
      content: { data: { 'text/plain': '499' } },
    });
  });

  it('can not reach the display of a turn', () => {
    const cell = recordCell();
    cell.emit({ type: 'turn-start', turn: 1, provider: 'p', model: 'm' });
    cell.helper([update('forged', 'session:1:turn1')]);
    expect(cell.outputs().length).toBe(2);
    expect(cell.outputs()[0]?.content.data['text/plain']).toBe('turn 1 · m');
  });
});

describe('clear_output in a helper', () => {
  it('replaces the helper’s displays in place and leaves the turns alone', () => {
    const cell = recordCell();
    cell.emit({ type: 'turn-start', turn: 1, provider: 'p', model: 'm' });
    cell.emit({ type: 'helper-start', turn: 1, helper: 1, block });
    for (let i = 0; i < 5; i++) {
      for (const output of [clear(true), show(`frame ${i}`)]) {
        cell.emit({ type: 'helper-output', turn: 1, helper: 1, output });
      }
      vi.advanceTimersByTime(60);
    }
    cell.emitter.flush();
    expect(cell.types()).not.toContain('clear_output');
    expect(cell.outputs().map((o) => o.content.data['text/plain'])).toEqual(['turn 1 · m', 'frame 4']);
  });

  it('forgets what has not been published yet', () => {
    const cell = recordCell();
    cell.helper([out('gone'), show('gone'), clear(), show('here')]);
    expect(cell.outputs().map((o) => o.content.data['text/plain'])).toEqual(['here']);
  });

  it('turns the text printed after it into one display that grows', () => {
    const cell = recordCell();
    cell.emit({ type: 'helper-start', turn: 1, helper: 1, block });
    for (const text of ['1 %', '2 %']) {
      for (const output of [clear(true), out(text), out(' done\n')]) {
        cell.emit({ type: 'helper-output', turn: 1, helper: 1, output });
      }
      vi.advanceTimersByTime(60);
    }
    cell.emitter.flush();
    expect(cell.outputs().map((o) => o.content.data['text/plain'])).toEqual(['2 % done\n']);
    cell.helper([clear(), out('x'.repeat(30_000))]);
    expect(cell.outputs().at(-1)?.msg_type).toBe('stream');
  });

  it('empties the displays that nothing took over', () => {
    const cell = recordCell();
    cell.emit({ type: 'helper-start', turn: 1, helper: 1, block });
    for (const output of [show('a'), show('b')])
      cell.emit({ type: 'helper-output', turn: 1, helper: 1, output });
    vi.advanceTimersByTime(60);
    for (const output of [clear(), show('c')])
      cell.emit({ type: 'helper-output', turn: 1, helper: 1, output });
    cell.emitter.flush();
    expect(cell.outputs().map((o) => o.content.data['text/plain'])).toEqual(['c', '']);
  });
});

describe('a helper that fails', () => {
  it('is a display, once, with the traceback as text, as HTML and as data', () => {
    const cell = recordCell();
    cell.helper([out('before\n'), { kind: 'error', error }], { status: 'error', error });
    expect(cell.types()).toEqual(['stream', 'display_data']);
    const { data, metadata } = cell.messages[1]!.content;
    expect(data['text/plain']).toBe(error.traceback[0]);
    expect(data['text/html']).toBe('<pre><span style="color: #d1383d">ValueError</span>: no &lt;b&gt;</pre>');
    expect(resultSchema.parse(data[mime.result])).toMatchObject({ status: 'error', lang: 'python', error });
    expect(metadata.replique).toEqual({ kind: 'helper', turn: 1, helper: 1 });
  });

  it('is shown where only its end tells of the error', () => {
    const cell = recordCell();
    cell.helper([], { status: 'error', error: { ...error, traceback: [] }, notice: 'Exit status 2.' });
    expect(cell.messages[0]?.content.data['text/plain']).toBe('ValueError: no\nExit status 2.');
  });

  it.each([
    ['timeout', undefined, 'The helper took longer than it may and was stopped.'],
    ['died', 'The process ended: out of memory.', 'The process ended: out of memory.'],
    ['interrupted', undefined, 'The helper was interrupted.'],
    ['limit', undefined, 'The helper was stopped by a limit.'],
  ] as const)('says so for %s', (status, notice, sentence) => {
    const cell = recordCell();
    cell.helper([], { status, ...(notice !== undefined && { notice }) });
    expect(cell.messages[0]?.content.data['text/plain']).toBe(sentence);
    expect(resultSchema.parse(cell.messages[0]?.content.data[mime.result]).status).toBe(status);
  });

  it('still says what a notice has to say', () => {
    const cell = recordCell();
    cell.helper([{ kind: 'error', error }], { status: 'error', error, notice: 'The worker was replaced.' });
    expect(cell.messages.at(-1)?.content.data['text/plain']).toBe('The worker was replaced.');
    const quiet = recordCell();
    quiet.helper([], { notice: 'The worker was replaced.' });
    expect(quiet.messages.length).toBe(1);
    expect(quiet.messages[0]?.content.metadata.replique).toMatchObject({
      kind: 'notice',
      turn: 1,
      helper: 1,
    });
  });

  it('shows a bounded traceback without secrets', () => {
    const cell = recordCell();
    const traceback = [secret, ...Array.from({ length: 3000 }, () => 'x'.repeat(99))];
    cell.helper([{ kind: 'error', error: { ename: 'E', evalue: secret, traceback } }]);
    expect(cell.wire()).not.toContain('gsk_');
    expect(cell.messages[0]?.content.data['text/plain']).toMatch(/\d+ more characters are not shown\]$/);
  });
});
