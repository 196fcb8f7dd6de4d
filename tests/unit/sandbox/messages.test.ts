import { describe, expect, it } from 'vitest';
import { outputOf, parseMessage } from '../../../kernel/sandbox/messages.ts';

const parse = (head: unknown, buffers: readonly Buffer[] = []) => parseMessage({ head, buffers, size: 0 });
const display = { kind: 'display', id: 'i', order: 1, data: { 'text/plain': 'x' }, metadata: {}, binary: [] };

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

describe('messages of the worker', () => {
  it('are read with the fields that the protocol has, and no others', () => {
    expect(parse({ ...display, extra: 1 })).toEqual(display);
    expect(parse({ kind: 'reply', id: 'i', matches: [] })).toEqual({ kind: 'reply', id: 'i', matches: [] });
  });

  it('have their images made base64', () => {
    const parsed = parse({ ...display, binary: ['image/png'] }, [Buffer.from('png')]);
    expect(parsed).toMatchObject({ data: { 'text/plain': 'x', 'image/png': 'cG5n' } });
    expect(parse({ ...display, binary: ['image/png'] })).toContain('buffers');
  });

  it.each([
    ['null', null],
    ['a number', 3],
    ['a list', []],
    ['no kind', {}],
    ['an unknown kind', { kind: 'tool_call', id: 'i' }],
    ['no request', { ...display, id: undefined }],
    ['an order below zero', { ...display, order: -1 }],
    ['an order that is no number', { ...display, order: 'NaN' }],
    ['data that is no object', { ...display, data: 'x' }],
    ['another protocol', { kind: 'hello', version: 2, role: 'worker', pid: 9 }],
    ['process 1', { kind: 'hello', version: 1, role: 'worker', pid: 1 }],
    ['a process below zero', { kind: 'hello', version: 1, role: 'worker', pid: -9 }],
    ['an endless id', { ...display, id: 'i'.repeat(65) }],
    ['an error without a name', { kind: 'error', id: 'i', order: 1, error: { evalue: '', traceback: [] } }],
  ])('that are %s are refused', (_, head) => {
    expect(parse(head)).toEqual(expect.any(String));
  });

  it('may be nested as deep as outputs are, and no deeper', () => {
    expect(parse({ ...display, data: { a: nested(50) } })).toMatchObject({ kind: 'display' });
    expect(parse({ ...display, data: { a: nested(100) } })).toContain('deep');
    expect(parse({ ...display, data: { a: nested(100_000) } })).toContain('deep');
  });

  it('become outputs', () => {
    const of = (fields: object) =>
      outputOf(parse({ ...display, ...fields }) as Parameters<typeof outputOf>[0]);
    const shown = { data: display.data, metadata: {} };
    const error = { ename: 'E', evalue: 'v', traceback: ['t'] };
    expect(of({})).toEqual({ kind: 'display', ...shown });
    expect(of({ displayId: 'd' })).toEqual({ kind: 'display', ...shown, displayId: 'd' });
    expect(of({ kind: 'update_display', displayId: 'd' })).toEqual({
      kind: 'update_display',
      ...shown,
      displayId: 'd',
    });
    expect(of({ kind: 'result' })).toEqual({ kind: 'result', ...shown });
    expect(of({ kind: 'clear_output', wait: true })).toEqual({ kind: 'clear_output', wait: true });
    expect(of({ kind: 'error', error })).toEqual({ kind: 'error', error });
  });
});
