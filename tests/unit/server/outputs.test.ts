import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import { CellOutputs, outputMessage } from '../../../server/outputs.ts';
import type { Displays, OutputMessage } from '../../../server/outputs.ts';

const read = (type: string, content: Record<string, unknown>) =>
  outputMessage(makeMessage(type, 's', content));

function must(type: string, content: Record<string, unknown>): OutputMessage {
  const message = read(type, content);
  if (!message) throw new Error(`${type} was not read`);
  return message;
}

const stream = (text: string, name = 'stdout') => must('stream', { name, text });
const display = (text: string, id?: string, type = 'display_data') =>
  must(type, { data: { 'text/plain': text }, metadata: {}, ...(id && { transient: { display_id: id } }) });

function apply(...messages: OutputMessage[]): CellOutputs {
  const cell = new CellOutputs(new Map());
  for (const message of messages) cell.apply(message);
  return cell;
}

describe('messages that change outputs', () => {
  it('are told from others, and malformed ones are left out', () => {
    expect(read('status', { execution_state: 'idle' })).toBeUndefined();
    expect(read('stream', { name: 'stdlog', text: 'x' })).toBeUndefined();
    expect(read('display_data', { data: [] })).toBeUndefined();
    expect(read('toString', {})).toBeUndefined();
    expect(read('clear_output', {})).toEqual({ type: 'clear_output', content: { wait: false } });
  });
});

describe('the outputs of a cell', () => {
  it('join pieces of one stream, however they were cut', () => {
    const pieces = fc.array(fc.tuple(fc.constantFrom('stdout', 'stderr'), fc.string()), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, (parts) => {
        const { outputs } = apply(...parts.map(([name, text]) => stream(text, name)));
        const names = outputs.map((output) => (output.output_type === 'stream' ? output.name : ''));
        expect(names.every((name, index) => name !== names[index - 1])).toBe(true);
        const text = outputs.map((output) => (output.output_type === 'stream' ? output.text : '')).join('');
        expect(text).toBe(parts.map(([, piece]) => piece).join(''));
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('keep displays, results and errors in order, as nbformat has them', () => {
    const { outputs } = apply(
      display('a'),
      must('execute_result', { data: { 'text/plain': '2' }, metadata: {}, execution_count: 7 }),
      must('error', { ename: 'E', evalue: 'v', traceback: ['t'] }),
    );
    expect(outputs).toEqual([
      { output_type: 'display_data', data: { 'text/plain': 'a' }, metadata: {} },
      { output_type: 'execute_result', data: { 'text/plain': '2' }, metadata: {}, execution_count: 7 },
      { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['t'] },
    ]);
  });

  it('are updated by display id, in every cell that shows it', () => {
    const displays: Displays = new Map();
    const [first, second] = [new CellOutputs(displays), new CellOutputs(displays)];
    first.apply(display('old', 'x'));
    second.apply(display('old', 'x'));
    second.apply(display('other', 'y'));
    second.apply(display('new', 'x', 'update_display_data'));
    second.apply(display('nobody', 'z', 'update_display_data'));
    const texts = (cell: CellOutputs) =>
      cell.outputs.map((output) => 'data' in output && output.data['text/plain']);
    expect(texts(first)).toEqual(['new']);
    expect(texts(second)).toEqual(['new', 'other']);
  });

  it('are cleared at once, or when the next one comes', () => {
    expect(apply(stream('a'), must('clear_output', {})).outputs).toEqual([]);
    const cell = apply(stream('a'), must('clear_output', { wait: true }));
    expect(cell.outputs).toHaveLength(1);
    cell.apply(stream('b'));
    expect(cell.outputs).toEqual([{ output_type: 'stream', name: 'stdout', text: 'b' }]);
  });
});
