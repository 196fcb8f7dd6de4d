import { describe, expect, it } from 'vitest';
import { problemsOf, type Channel, type WireMessage } from '../../support/protocol/message.ts';
import { Transcript } from '../../support/protocol/transcript.ts';

/** That the tests' schema of the protocol refuses what is wrong, one fault at a time. */

type Json = Record<string, unknown>;
interface Built extends WireMessage {
  readonly header: Json;
  readonly parent_header: Json;
  readonly metadata: Json;
  readonly content: Json;
}

let counted = 0;
const headerOf = (type: string): Json => ({
  msg_id: `m${(counted += 1)}`,
  session: 's',
  username: 'u',
  date: '2026-11-30T10:00:00.000Z',
  msg_type: type,
  version: '5.5',
});
function message(type: string, content: Json): Built {
  const request = type.endsWith('_reply') ? type.replace('_reply', '_request') : 'execute_request';
  const parent_header = type === 'iopub_welcome' ? {} : { ...headerOf(request), msg_id: 'request' };
  return { header: headerOf(type), parent_header, metadata: {}, content, buffers: [] };
}

const failed = { status: 'error', ename: 'E', evalue: 'v', traceback: ['t'] };
const shown = { data: { 'text/plain': 'x' }, metadata: {} };
const ran = { status: 'ok', execution_count: 1, payload: [], user_expressions: {} };
const language = { name: 'n', version: '1', mimetype: 'text/x', file_extension: '.x' };
const info = {
  ...{ status: 'ok', protocol_version: '5.5', implementation: 'i', implementation_version: '1' },
  ...{ language_info: language, banner: '', help_links: [], supported_features: ['kernel subshells'] },
};
const completed = { status: 'ok', matches: ['a'], cursor_start: 0, cursor_end: 1, metadata: {} };

/** One of each type, and of each of its forms, on each channel that carries it. */
const right: readonly (readonly [Channel, string, Json])[] = [
  ['shell', 'execute_reply', ran],
  ['shell', 'execute_reply', { ...failed, execution_count: 1 }],
  ['shell', 'execute_reply', { status: 'aborted' }],
  ['shell', 'execute_reply', { status: 'aborted', execution_count: 1 }],
  ['shell', 'inspect_reply', { status: 'ok', found: true, ...shown }],
  ['shell', 'complete_reply', completed],
  ['shell', 'complete_reply', failed],
  ['shell', 'history_reply', { status: 'ok', history: [[1, 2, 'a'], [1, 3, ['a', null]]] }], // prettier-ignore
  ['shell', 'is_complete_reply', { status: 'incomplete', indent: '' }],
  ['shell', 'is_complete_reply', { status: 'unknown' }],
  ['shell', 'comm_info_reply', { status: 'ok', comms: { c: { target_name: 't' } } }],
  ['shell', 'kernel_info_reply', info],
  ['control', 'kernel_info_reply', info],
  ['control', 'shutdown_reply', { status: 'ok', restart: false }],
  ['iopub', 'shutdown_reply', { status: 'ok', restart: true }],
  ['control', 'interrupt_reply', { status: 'ok' }],
  ['control', 'create_subshell_reply', { status: 'ok', subshell_id: 'a' }],
  ['control', 'delete_subshell_reply', { status: 'ok' }],
  ['control', 'list_subshell_reply', { status: 'ok', subshell_id: ['a'] }],
  ['stdin', 'input_request', { prompt: '', password: true }],
  ['iopub', 'stream', { name: 'stderr', text: '' }],
  ['iopub', 'display_data', { ...shown, transient: {} }],
  ['iopub', 'display_data', { data: { 'image/png': 'aGk=\n', 'application/json': [1] }, metadata: { 'image/png': { width: 1 } } }], // prettier-ignore
  ['iopub', 'update_display_data', { ...shown, transient: { display_id: 'd' } }],
  ['iopub', 'execute_input', { code: '', execution_count: 1 }],
  ['iopub', 'execute_result', { ...shown, execution_count: 1 }],
  ['iopub', 'error', { ename: 'E', evalue: '', traceback: [] }],
  ['iopub', 'status', { execution_state: 'busy' }],
  ['iopub', 'clear_output', { wait: false }],
  ['iopub', 'comm_open', { comm_id: 'c', target_name: 't', data: {} }],
  ['iopub', 'comm_msg', { comm_id: 'c', data: {} }],
  ['iopub', 'comm_close', { comm_id: 'c', data: {} }],
  ['iopub', 'iopub_welcome', { subscription: '' }],
];

/** A fault: what of a content that is right is changed, `undefined` to be left out. */
const faults: readonly (readonly [Channel, string, Json, Json])[] = [
  ['shell', 'execute_reply', ran, { status: 'abort' }],
  ['shell', 'execute_reply', ran, { execution_count: undefined }],
  ['shell', 'execute_reply', ran, { execution_count: null }],
  ['shell', 'execute_reply', ran, { execution_count: 1.5 }],
  ['shell', 'execute_reply', ran, { user_expressions: undefined }],
  ['shell', 'execute_reply', ran, { user_expressions: { a: '2' } }],
  ['shell', 'execute_reply', ran, { user_expressions: { a: { status: 'ok', data: {} } } }],
  ['shell', 'execute_reply', ran, { payload: [{ source: 'page', data: 'text' }] }],
  ['shell', 'execute_reply', ran, { ename: 'E' }],
  ['shell', 'execute_reply', failed, {}],
  ['shell', 'execute_reply', { ...failed, execution_count: 1 }, { traceback: 'one line' }],
  ['shell', 'execute_reply', { ...failed, execution_count: 1 }, { payload: [] }],
  ['shell', 'inspect_reply', { status: 'ok', found: true, ...shown }, { found: undefined }],
  ['shell', 'inspect_reply', { status: 'ok', found: true, ...shown }, { data: null }],
  ['shell', 'complete_reply', completed, { cursor_start: 0.5 }],
  ['shell', 'complete_reply', completed, { cursor_end: -1 }],
  ['shell', 'complete_reply', completed, { matches: [1] }],
  ['shell', 'complete_reply', completed, { metadata: undefined }],
  ['shell', 'complete_reply', completed, { status: undefined }],
  ['shell', 'history_reply', { status: 'ok', history: [] }, { history: [[1, 2]] }],
  ['shell', 'history_reply', { status: 'ok', history: [] }, { history: [[1, 2, ['a']]] }],
  ['shell', 'is_complete_reply', { status: 'complete' }, { status: 'ok' }],
  ['shell', 'is_complete_reply', { status: 'complete' }, { indent: '' }],
  ['shell', 'is_complete_reply', { status: 'incomplete', indent: '' }, { indent: undefined }],
  ['shell', 'comm_info_reply', { status: 'ok', comms: {} }, { comms: [] }],
  ['shell', 'comm_info_reply', { status: 'ok', comms: {} }, { comms: { c: 'target' } }],
  ['shell', 'kernel_info_reply', info, { protocol_version: 5.5 }],
  ['shell', 'kernel_info_reply', info, { language_info: { ...language, file_extension: 'x' } }],
  ['shell', 'kernel_info_reply', info, { language_info: { ...language, mime_type: 'text/x' } }],
  ['shell', 'kernel_info_reply', info, { help_links: [{ text: 'a' }] }],
  ['shell', 'kernel_info_reply', info, { supported_features: 'debugger' }],
  ['control', 'create_subshell_reply', { status: 'ok', subshell_id: 'a' }, { subshell_id: null }],
  ['control', 'list_subshell_reply', { status: 'ok', subshell_id: [] }, { subshell_id: 'a' }],
  ['control', 'shutdown_reply', { status: 'ok', restart: false }, { restart: undefined }],
  ['stdin', 'input_request', { prompt: '', password: false }, { password: undefined }],
  ['stdin', 'input_request', { prompt: '', password: false }, { prompt: null }],
  ['shell', 'input_request', { prompt: '', password: false }, {}],
  ['iopub', 'stream', { name: 'stdout', text: '' }, { name: 'out' }],
  ['iopub', 'stream', { name: 'stdout', text: '' }, { text: ['a'] }],
  ['iopub', 'stream', { name: 'stdout', text: '' }, { text: undefined, data: '' }],
  ['iopub', 'display_data', shown, { transient: null }],
  ['iopub', 'display_data', shown, { transient: { display_id: null } }],
  ['iopub', 'display_data', shown, { transient: { displayId: 'd' } }],
  ['iopub', 'display_data', shown, { metadata: undefined }],
  ['iopub', 'display_data', shown, { metadata: { 'image/png': 7 } }],
  ['iopub', 'display_data', shown, { data: { text: 'x' } }],
  ['iopub', 'display_data', shown, { data: { 'text/html': ['<b>', '</b>'] } }],
  ['iopub', 'display_data', shown, { data: { 'image/png': 'data:image/png;base64,aGk=' } }],
  ['iopub', 'display_data', shown, { data: { 'image/png': 'aGk' } }],
  ['iopub', 'display_data', shown, { source: 'v4' }],
  ['iopub', 'update_display_data', { ...shown, transient: { display_id: 'd' } }, { transient: {} }],
  ['iopub', 'update_display_data', { ...shown, transient: { display_id: 'd' } }, { transient: undefined }],
  ['iopub', 'execute_input', { code: '', execution_count: 1 }, { execution_count: undefined }],
  ['iopub', 'execute_result', { ...shown, execution_count: 1 }, { execution_count: '1' }],
  ['iopub', 'error', { ename: 'E', evalue: '', traceback: [] }, { status: 'error' }],
  ['iopub', 'error', { ename: 'E', evalue: '', traceback: [] }, { evalue: undefined }],
  ['iopub', 'status', { execution_state: 'busy' }, { execution_state: 'dead' }],
  ['iopub', 'clear_output', { wait: false }, { wait: 0 }],
  ['iopub', 'comm_open', { comm_id: 'c', target_name: 't', data: {} }, { target_name: undefined }],
  ['iopub', 'comm_msg', { comm_id: 'c', data: {} }, { data: null }],
  ['iopub', 'comm_close', { comm_id: 'c', data: {} }, { comm_id: '' }],
  ['iopub', 'iopub_welcome', { subscription: '' }, { subscription: undefined }],
  ['iopub', 'pyout', {}, {}],
  ['iopub', 'execute_reply', ran, {}],
  ['stdin', 'stream', { name: 'stdout', text: '' }, {}],
  ['shell', 'toString', {}, {}],
];

describe('the schema of the protocol', () => {
  it.each(right)('takes what is right on %s: %s %j', (channel, type, content) => {
    expect(problemsOf(channel, message(type, content))).toEqual([]);
  });

  it.each(faults)('refuses on %s: %s %j with %j', (channel, type, content, change) => {
    expect(problemsOf(channel, message(type, { ...content, ...change }))).not.toEqual([]);
  });

  const stream = (): Built => message('stream', { name: 'stdout', text: '' });
  it.each([
    ['a header without a date', { header: { ...headerOf('stream'), date: undefined } }],
    ['a date in words', { header: { ...headerOf('stream'), date: 'Mon, 30 Nov 2026' } }],
    ['a date without a zone', { header: { ...headerOf('stream'), date: '2026-11-30T10:00:00' } }],
    ['a version as a number', { header: { ...headerOf('stream'), version: 5.5 } }],
    ['a header without an id', { header: { ...headerOf('stream'), msg_id: '' } }],
    ['a header without a user', { header: { ...headerOf('stream'), username: null } }],
    ['a header with more', { header: { ...headerOf('stream'), channel: 'iopub' } }],
    ['a parent that is null', { parent_header: null }],
    ['a parent without an id', { parent_header: { msg_type: 'execute_request', session: 's' } }],
    ['metadata that is null', { metadata: null }],
    ['content that is a list', { content: [] }],
    ['buffers of a stream', { buffers: [1] }],
  ])('refuses %s', (_, change) => {
    expect(problemsOf('iopub', { ...stream(), ...change })).not.toEqual([]);
  });

  it('refuses a reply to another request, and a welcome to any', () => {
    const reply = message('execute_reply', ran);
    const parent_header = { ...reply.parent_header, msg_type: 'inspect_request' };
    expect(problemsOf('shell', { ...reply, parent_header })).toEqual([
      'execute_reply on shell: it answers inspect_request',
    ]);
    const welcome = message('iopub_welcome', { subscription: '' });
    expect(problemsOf('iopub', { ...welcome, parent_header: reply.parent_header })).not.toEqual([]);
  });
});

describe('a transcript', () => {
  const status = (execution_state: string): Built => message('status', { execution_state });
  const asking = (content: Json = {}): { transcript: Transcript; parent_header: Json } => {
    const transcript = new Transcript();
    const parent_header = { ...headerOf('execute_request'), msg_id: 'asked' };
    transcript.sends('shell', { header: parent_header, content });
    return { transcript, parent_header };
  };

  it('takes a cell as it should be, and the kernel’s start before it', () => {
    const { transcript, parent_header } = asking({ allow_stdin: true });
    const story: readonly (readonly [Channel, Built])[] = [
      ['iopub', message('iopub_welcome', { subscription: '' })],
      ['iopub', { ...status('starting'), parent_header: {} }],
      ['iopub', { ...status('busy'), parent_header }],
      ['iopub', { ...message('execute_input', { code: '', execution_count: 1 }), parent_header }],
      ['stdin', { ...message('input_request', { prompt: '', password: false }), parent_header }],
      ['iopub', { ...message('execute_result', { ...shown, execution_count: 1 }), parent_header }],
      ['shell', { ...message('execute_reply', ran), parent_header }],
      ['iopub', { ...status('idle'), parent_header }],
    ];
    for (const [channel, heard] of story) expect(transcript.hears(channel, heard)).toEqual([]);
  });

  it.each<readonly [string, Json, readonly (readonly [Channel, (parent: Json) => Built])[]]>([
    ['a second reply', {}, [['shell', () => message('execute_reply', ran)], ['shell', () => message('execute_reply', ran)]]], // prettier-ignore
    ['a reply on another channel', {}, [['control', () => message('execute_reply', ran)]]],
    ['a second idle', {}, [['iopub', () => status('idle')], ['iopub', () => status('idle')]]], // prettier-ignore
    ['an output after idle', {}, [['iopub', () => status('idle')], ['iopub', () => message('stream', { name: 'stdout', text: '' })]]], // prettier-ignore
    ['a question that is not allowed', {}, [['stdin', () => message('input_request', { prompt: '', password: false })]]], // prettier-ignore
    ['another count', {}, [['iopub', () => message('execute_input', { code: '', execution_count: 2 })], ['shell', () => message('execute_reply', ran)]]], // prettier-ignore
    ['a parent that was changed', {}, [['iopub', (parent) => ({ ...status('busy'), parent_header: { ...parent, username: 'v' } })]]], // prettier-ignore
    ['another session', {}, [['iopub', () => status('busy')], ['iopub', () => ({ ...status('idle'), header: { ...headerOf('status'), session: 'z' } })]]], // prettier-ignore
    ['a second start', {}, [['iopub', () => status('starting')], ['iopub', () => status('starting')]]], // prettier-ignore
    ['an id that was there', {}, [['iopub', () => ({ ...status('busy'), header: { ...headerOf('status'), msg_id: 'x' } })], ['iopub', () => ({ ...status('busy'), header: { ...headerOf('status'), msg_id: 'x' } })]]], // prettier-ignore
  ])('refuses %s', (_, content, story) => {
    const { transcript, parent_header } = asking(content);
    const found = story.flatMap(([channel, build]) => {
      const built = build(parent_header);
      const isChanged = built.parent_header['username'] === 'v';
      return transcript.hears(channel, isChanged ? built : { ...built, parent_header });
    });
    expect(found).toHaveLength(1);
  });
});
