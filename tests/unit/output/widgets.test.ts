import { beforeEach, describe, expect, it } from 'vitest';
import { Comms } from '../../../kernel/output/widgets/comms.ts';
import { createRedactor } from '../../../kernel/output/firewall/redact.ts';
import { widgetClass } from '../../../kernel/output/widgets/classes.ts';
import { safeState } from '../../../kernel/output/widgets/state.ts';
import type { CommOutput } from '../../../kernel/sandbox/contract.ts';
import { recordCell, secret } from './recorder.ts';

const controls = '@jupyter-widgets/controls';
const hostile = '<b>x</b><img src=x onerror=alert(1)>';

const modules: Readonly<Record<string, string>> = {
  Layout: '@jupyter-widgets/base',
  Output: '@jupyter-widgets/output',
};

const open = (name: string, state: object = {}, more: Partial<CommOutput> = {}): CommOutput => {
  const module = modules[name] ?? controls;
  const isStyle = name.endsWith('Style');
  const named = {
    _model_module: module,
    _model_module_version: '2.0.0',
    _model_name: `${name}Model`,
    _view_module: isStyle ? '@jupyter-widgets/base' : module,
    _view_module_version: '2.0.0',
    _view_name: isStyle ? 'StyleView' : `${name}View`,
  };
  const data = { state: { ...named, ...state }, buffer_paths: [] };
  return { kind: 'comm', event: 'open', comm: name, target: 'jupyter.widget', data, buffers: [], ...more };
};
const say = (comm: string, data: object, buffers: readonly Buffer[] = []): CommOutput => ({
  ...{ kind: 'comm', event: 'msg', comm, buffers },
  data: data as CommOutput['data'],
});
const update = (comm: string, state: object): CommOutput =>
  say(comm, { method: 'update', state, buffer_paths: [] });

let comms: Comms;
beforeEach(() => {
  comms = new Comms([secret]);
});

const stateAfter = (output: CommOutput): Record<string, unknown> => {
  const verdict = comms.fromCode(output, 'request');
  if (!('message' in verdict)) throw new Error(verdict.refused);
  return (verdict.message.content['data'] as { state: Record<string, unknown> }).state;
};

describe('the state of a widget', () => {
  it.each([
    ['IntSlider', { value: 3, min: 0, max: 9, orientation: 'horizontal', readout_format: 'd' }],
    ['Text', { value: 'a < b & c', placeholder: 'type', continuous_update: true }],
    ['Dropdown', { index: 1, _options_labels: ['one', 'two'] }],
    ['Tab', { children: ['IPY_MODEL_ab-1'], titles: ['One'], selected_index: 0 }],
    ['DatePicker', { value: { year: 2026, month: 10, date: 23 } }],
    ['Button', { icon: 'check', button_style: 'success', description: 'Go', tooltip: null }],
    ['Layout', { width: '50%', grid_template_columns: 'repeat(2, 1fr)', margin: '0 2px', flex: null }],
    ['ButtonStyle', { button_color: '#fa0', font_weight: 'bold' }],
    ['Image', { format: 'png', width: '40' }],
    ['Checkbox', { value: true, layout: 'IPY_MODEL_x', style: null, _dom_classes: ['widget-x'] }],
    ['HTML', { value: '<b>x</b>' }],
    ['HTMLMath', { value: '<i>$x^2$</i>' }],
    ['SelectMultiple', { index: [0, 2], rows: 5 }],
  ])('%s passes as it is', (name, state) => {
    expect(stateAfter(open(name, state))).toMatchObject(state);
  });

  it.each([
    ['a key that the class has not', 'IntSlider', { outputs: [], onclick: 'x' }],
    ['HTML in a description', 'IntSlider', { description_allow_html: true }],
    ['an address as a picture', 'Image', { format: 'url', value: 'https://evil.test/' }],
    ['an icon of the page’s', 'Button', { icon: 'x" onclick="', icons: ['a"'] }],
    ['a reference that is none', 'HBox', { children: ['javascript:1'], layout: 'x' }],
    ['a look that is none', 'Button', { button_style: 'jp-Dialog' }],
    ['CSS that loads', 'Layout', { grid_area: 'url(x)', width: 'image-set("x")', height: '1px;color:red' }],
    ['CSS that covers the page', 'Layout', { margin: '-100px', width: {} }],
    ['a value that is too long', 'Text', { value: 'x'.repeat(200_001) }],
    ['HTML that is no text', 'HTML', { value: ['<b>'] }],
    ['outputs that are none', 'Output', { outputs: 'x' }],
    ['icons that are no text', 'ToggleButtons', { icons: [1], _dom_classes: 'x' }],
  ])('loses %s', (_, name, state) => {
    const kept = stateAfter(open(name, state));
    expect(Object.keys(kept).filter((key) => key in state && key !== '_dom_classes')).toEqual([]);
  });

  it('loses what is hostile in HTML, when it opens and when it changes', () => {
    expect(stateAfter(open('HTML', { value: hostile }))['value']).not.toMatch(/<img|onerror/);
    expect(stateAfter(update('HTML', { value: hostile }))['value']).not.toMatch(/<img|onerror/);
    expect(stateAfter(say('HTML', { method: 'echo_update', state: { value: hostile } }))['value']).toContain(
      '<b>x</b>',
    );
  });

  it('lets no tag begin in text that older front ends take for HTML', () => {
    const { description, titles } = stateAfter(
      open('Accordion', { description: hostile, titles: [hostile] }),
    );
    expect(`${String(description)}${String(titles)}`).not.toMatch(/<[a-z]/);
    expect(stateAfter(open('Label', { value: '$\\href{javascript:1}{x}$ 1 < 2' }))['value']).toBe(
      '$\\backslash href{javascript:1}{x}$ 1 < 2',
    );
  });

  it('loses what lies too deep', () => {
    expect(stateAfter(open('Text', { value: [[[[['x']]]]] }))['value']).toEqual([[[[null]]]]);
  });

  it('keeps the class that it opened with', () => {
    stateAfter(open('Text'));
    const names = { _model_name: 'HTMLModel', _view_name: 'HTMLView', _model_module: 'evil' };
    expect(stateAfter(update('Text', names))).toEqual({
      ...{ _model_name: 'TextModel', _view_name: 'TextView', _model_module: controls },
    });
  });

  it('loses secrets', () => {
    expect(JSON.stringify(stateAfter(open('Text', { value: secret, description: secret })))).not.toContain(
      secret,
    );
  });

  it('names the request that runs, whichever an Output widget names', () => {
    expect(stateAfter(open('Output', { msg_id: 'another' }))['msg_id']).toBe('request');
    expect(stateAfter(update('Output', { msg_id: '' }))['msg_id']).toBe('');
  });

  it('holds outputs that went through the firewall', () => {
    const outputs = [
      { output_type: 'stream', name: 'stdout', text: `\u001b]0;t\u0007${secret}` },
      { output_type: 'display_data', data: { 'text/html': hostile, 'application/javascript': '1' } },
      { output_type: 'execute_result', data: { 'text/plain': 'x' }, metadata: {}, execution_count: 1 },
      { output_type: 'error', ename: 'E', evalue: '', traceback: [secret] },
      { output_type: 'script', data: {} },
    ];
    const kept = JSON.stringify(stateAfter(open('Output', { outputs }))['outputs']);
    expect(kept).not.toMatch(/onerror|javascript"|\\u001b|"script"/);
    expect(kept).not.toContain(secret);
    expect(JSON.parse(kept)).toHaveLength(4);
  });

  it('joins widgets in the page only by keys that are no markup', () => {
    for (const name of ['IntSlider', 'FloatText', 'HTML']) comms.fromCode(open(name), 'request');
    const link = (to: string): unknown => {
      const state = { source: ['IPY_MODEL_IntSlider', 'value'], target: ['IPY_MODEL_FloatText', 'value'] };
      return stateAfter(open('Link', { ...state, target: to.split(' ') }, { comm: to.replaceAll(' ', '-') }))[
        'target'
      ];
    };
    expect(link('IPY_MODEL_FloatText value')).toEqual(['IPY_MODEL_FloatText', 'value']);
    for (const to of ['IPY_MODEL_HTML value', 'IPY_MODEL_none value', 'IPY_MODEL_FloatText outputs', 'x']) {
      expect(link(to)).toBe(undefined);
    }
  });

  it('is refused beyond 4 MB', () => {
    const known = widgetClass(controls, 'TextModel');
    const context = { redactor: createRedactor([]), classOf: () => undefined, request: 'r' };
    expect(known && safeState(known, { value: 'x'.repeat(4_000_001) }, context)).toBe(undefined);
    const state = { value: 'x'.repeat(4_000_001) };
    expect(comms.fromCode(open('Text', state), 'r')).toHaveProperty('refused');
  });
});

describe('a comm', () => {
  it.each([
    ['to another target', open('Text', {}, { target: 'other' })],
    ['with an id that is none', open('Text', {}, { comm: 'a b' })],
    ['of an unknown class', open('Evil')],
    ['of a class that is everyone’s', open('toString')],
    ['of an unknown module', open('Text', { _model_module: 'evil' })],
    ['of a class that is no model', open('Text', { _model_name: 'Text' })],
    ['with the view of another class', open('Text', { _view_name: 'HTMLView' })],
    ['with the view of another module', open('Text', { _view_module: 'evil' })],
    ['with a version that is none', open('Text', { _model_module_version: 'https://evil' })],
    ['without a state', open('Text', {}, { data: {} })],
    ['with buffers that it does not name', open('Text', {}, { buffers: [Buffer.from('x')] })],
  ])('is not opened %s', (_, output) => {
    expect(comms.fromCode(output, 'request')).toHaveProperty('refused');
    expect(comms.list()).toEqual({});
  });

  it('is opened once, and heard until it is closed', () => {
    stateAfter(open('Text'));
    expect(comms.fromCode(open('Text'), 'request')).toHaveProperty('refused');
    expect(comms.list('jupyter.widget')).toEqual({ Text: { target_name: 'jupyter.widget' } });
    expect(comms.list('other')).toEqual({});
    const close = { ...update('Text', {}), event: 'close' } as const;
    expect(comms.fromCode(close, 'request')).toMatchObject({ message: { msg_type: 'comm_close' } });
    expect(comms.fromCode(close, 'request')).toHaveProperty('refused');
    expect(comms.fromCode(update('Text', { value: 'x' }), 'request')).toHaveProperty('refused');
  });

  it('says nothing of its own but to take the focus', () => {
    stateAfter(open('Text'));
    expect(comms.fromCode(say('Text', { method: 'custom', content: { do: 'focus' } }), 'r')).toMatchObject({
      message: { content: { data: { content: { do: 'focus' } } } },
    });
    for (const data of [{ method: 'custom', content: { do: 'x' } }, { method: 'eval' }, {}]) {
      expect(comms.fromCode(say('Text', data), 'r')).toHaveProperty('refused');
    }
  });

  it('carries bytes where a picture is, and nowhere else', () => {
    for (const name of ['Image', 'HTML', 'FileUpload']) stateAfter(open(name));
    const bytes = (comm: string, path: unknown[]): unknown => {
      const data = { method: 'update', state: {}, buffer_paths: [path] };
      const verdict = comms.fromCode(say(comm, data, [Buffer.from('x')]), 'r');
      return 'message' in verdict ? verdict.message.buffers?.length : verdict.refused;
    };
    expect(bytes('Image', ['value'])).toBe(1);
    expect(bytes('FileUpload', ['value', 0, 'content'])).toBe(1);
    expect(bytes('HTML', ['value'])).toBe(0);
    expect(bytes('Image', ['format'])).toBe(0);
    expect(
      comms.fromCode(say('Image', { method: 'update', state: {} }, [Buffer.from('x')]), 'r'),
    ).toHaveProperty('refused');
  });

  it('takes from a client what is meant for an open one, within bounds', () => {
    stateAfter(open('Text'));
    const from = (comm: string, data: Record<string, unknown>, size = 0): boolean =>
      comms.admit({ event: 'msg', comm, data, buffers: [Buffer.alloc(size)] });
    expect(from('Text', { method: 'update', state: { value: 'x' } })).toBe(true);
    expect(from('Text', { method: 'request_state' })).toBe(true);
    expect(from('Text', { method: 'eval' })).toBe(false);
    expect(from('none', { method: 'update' })).toBe(false);
    expect(from('Text', { method: 'update', state: 'x'.repeat(4_000_001) })).toBe(false);
    expect(from('Text', { method: 'update' }, 16_000_001)).toBe(false);
    expect(comms.admit({ event: 'close', comm: 'Text', data: {}, buffers: [] })).toBe(true);
    expect(comms.list()).toEqual({});
  });

  it('is one of 5000 at most', () => {
    for (let at = 0; at < 5000; at++) stateAfter(open('Text', {}, { comm: `c${at}` }));
    expect(comms.fromCode(open('Text', {}, { comm: 'more' }), 'r')).toHaveProperty('refused');
  });

  it('of another library’s widget is told of once, and its view is not shown', () => {
    const cell = recordCell();
    const view = { model_id: 'Evil', version_major: 2, version_minor: 0 };
    const data = { 'text/plain': 'Evil()', 'application/vnd.jupyter.widget-view+json': view };
    cell.code(open('Evil'), open('Evil'), { kind: 'display', data, metadata: {} });
    expect(cell.types()).not.toContain('comm_open');
    expect(cell.wire()).not.toContain('model_id');
    expect(cell.wire().match(/only ipywidgets’ own are/g)).toHaveLength(2);
  });
});
