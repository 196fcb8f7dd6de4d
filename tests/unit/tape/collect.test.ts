import { expect, it } from 'vitest';
import type { IopubMessage } from '../../../kernel/output/contract.ts';
import { OutputCollector } from '../../../kernel/tape/collect.ts';

const message = (type: IopubMessage['msg_type'], content: Record<string, unknown>): IopubMessage => ({
  msg_type: type,
  content,
});
const text = (value: string, name = 'stdout'): IopubMessage => message('stream', { name, text: value });
const display = (value: string, id?: string, type: IopubMessage['msg_type'] = 'display_data'): IopubMessage =>
  message(type, {
    data: { 'text/plain': value },
    ...(id !== undefined && { transient: { display_id: id } }),
  });
const printed = (value: string, name = 'stdout'): object => ({ output_type: 'stream', name, text: value });
const shown = (value: string, type = 'display_data'): object => ({
  ...{ output_type: type, data: { 'text/plain': value }, metadata: {} },
});

it.each<readonly [what: string, messages: readonly IopubMessage[], kept: readonly object[]]>([
  [
    'text by its stream',
    [text('a'), text('b'), text('w', 'stderr'), text('c')],
    [printed('ab'), printed('w', 'stderr'), printed('c')],
  ],
  ['a result', [display('1', undefined, 'execute_result')], [shown('1', 'execute_result')]],
  [
    'an error',
    [message('error', { ename: 'E', evalue: 'v', traceback: ['t'], more: 1 })],
    [{ output_type: 'error', ename: 'E', evalue: 'v', traceback: ['t'] }],
  ],
  ['nothing that was cleared', [text('a'), message('clear_output', { wait: false })], []],
  [
    'what is to be cleared until something comes',
    [text('a'), message('clear_output', { wait: true })],
    [printed('a')],
  ],
  [
    'what came in place of it',
    [text('a'), message('clear_output', { wait: true }), text('b'), text('c')],
    [printed('bc')],
  ],
  [
    'displays as they were updated last, all of one id',
    [display('a', 'x'), display('b', 'x'), display('c'), display('z', 'x', 'update_display_data')],
    [shown('z'), shown('z'), shown('c')],
  ],
  [
    'no update of what it never had',
    [display('z', 'x', 'update_display_data'), display('z', undefined, 'update_display_data')],
    [],
  ],
  ['nothing of widgets', [message('comm_open', { comm_id: 'c' })], []],
])('keeps %s', (_what, messages, kept) => {
  const collector = new OutputCollector();
  for (const one of messages) collector.add(one);
  expect(collector.outputs).toEqual(kept);
});
