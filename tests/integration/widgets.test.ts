import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Message } from '../../kernel/protocol/header.ts';
import { KernelUnderTest } from '../support/kernels.ts';
import { testPython } from '../support/python.ts';

const slider = `%%python
import ipywidgets as widgets
from IPython.display import display
slider = widgets.IntSlider(value=3, description='Size', max=50)
label = widgets.HTML('<b>bold</b><img src=x onerror=alert(1)>')
out = widgets.Output()
def react(change):
    label.value = f'<i>{change["new"]}</i><script>alert(1)</script>'
    with out:
        print('reacted to', change['new'])
slider.observe(react, 'value')
display(slider, label, out)`;

interface Opened {
  readonly comm_id: string;
  readonly target_name: string;
  readonly data: { readonly state: Readonly<Record<string, unknown>> };
}

describe('ipywidgets', { timeout: 60_000 }, () => {
  let session: KernelUnderTest;
  let shown: readonly Message[] = [];

  beforeAll(async () => {
    session = await KernelUnderTest.start({ config: { python: testPython() } });
    const cell = await session.run(slider);
    expect(cell.reply).toMatchObject({ status: 'ok' });
    shown = cell.outputs;
  }, 60_000);
  afterAll(() => session.end());

  const opened = (name: string): Opened => {
    const found = shown
      .filter(({ header }) => header.msg_type === 'comm_open')
      .map(({ content }) => content as unknown as Opened)
      .find(({ data }) => data.state['_model_name'] === name);
    if (!found) throw new Error(`No ${name} was opened.`);
    return found;
  };

  /** Sends what a front end sends, and returns all that the kernel publishes for it. */
  async function tell(type: string, content: object): Promise<Message[]> {
    const id = session.client.send(type, content);
    await session.client.idle(id);
    return session.client.received
      .filter(({ channel, message }) => channel === 'iopub' && message.parent_header['msg_id'] === id)
      .map(({ message }) => message);
  }
  const tellComm = (comm_id: string, data: object) => tell('comm_msg', { comm_id, data });

  test('open as Jupyter’s clients expect it, and their views are shown', () => {
    const model = opened('IntSliderModel');
    expect(model).toMatchObject({
      target_name: 'jupyter.widget',
      data: { state: { value: 3, max: 50, description: 'Size', _view_name: 'IntSliderView' } },
    });
    const opening = shown.find(({ content }) => content['comm_id'] === model.comm_id);
    expect(opening?.metadata).toEqual({ version: '2.1.0' });
    const view = shown.find(({ header }) => header.msg_type === 'display_data');
    expect(view?.content['data']).toMatchObject({
      'application/vnd.jupyter.widget-view+json': { model_id: model.comm_id, version_major: 2 },
    });
  });

  test('are sanitized when they open', () => {
    const { value } = opened('HTMLModel').data.state;
    expect(value).toContain('<b>bold</b>');
    expect(value).not.toMatch(/onerror|<img/);
  });

  test('react in Python to what the person does, and what changes is sanitized again', async () => {
    const said = await tellComm(opened('IntSliderModel').comm_id, {
      method: 'update',
      state: { value: 17 },
      buffer_paths: [],
    });
    const html = said.find(({ content }) => content['comm_id'] === opened('HTMLModel').comm_id);
    expect(html?.content['data']).toMatchObject({ method: 'update', state: { value: '<i>17</i>' } });
    expect((await session.run('%%python\nprint(slider.value)')).text).toContain('17');
  });

  test('an Output widget catches what the request that runs shows', async () => {
    const said = await tellComm(opened('IntSliderModel').comm_id, {
      method: 'update',
      state: { value: 18 },
      buffer_paths: [],
    });
    const story = said.flatMap(({ header, content, parent_header }) => {
      const state = (content['data'] as { state?: Record<string, unknown> } | undefined)?.state;
      if (header.msg_type === 'stream') return [content['text']];
      if (state?.['msg_id'] === undefined) return [];
      return [state['msg_id'] === parent_header['msg_id'] ? 'catch' : state['msg_id']];
    });
    expect(story).toEqual(['catch', 'reacted to 18\n', '']);
  });

  test('are listed for a page that was loaded again, and tell it their state', async () => {
    const reply = await session.client.ask('comm_info_request', { target_name: 'jupyter.widget' });
    const comms = (reply.content as { comms: Record<string, unknown> }).comms;
    expect(comms[opened('IntSliderModel').comm_id]).toEqual({ target_name: 'jupyter.widget' });
    const other = await session.client.ask('comm_info_request', { target_name: 'other' });
    expect(other.content).toEqual({ status: 'ok', comms: {} });
    const said = await tellComm(opened('HTMLModel').comm_id, { method: 'request_state' });
    const update = said.find(({ header }) => header.msg_type === 'comm_msg');
    const state = { value: '<i>18</i>', _model_name: 'HTMLModel', _view_name: 'HTMLView' };
    expect(update?.content['data']).toMatchObject({ method: 'update', state });
  });

  test('what a widget’s code raises is shown', async () => {
    await session.run(
      '%%python\nbutton = widgets.Button(); button.on_click(lambda _: 1 / 0); display(button)',
    );
    const reply = await session.client.ask('comm_info_request', {});
    const ids = Object.keys((reply.content as { comms: object }).comms);
    const opening = session.client.received.find(
      ({ message }) =>
        (message.content['data'] as { state?: Record<string, unknown> } | undefined)?.state?.[
          '_model_name'
        ] === 'ButtonModel',
    );
    const id = String(opening?.message.content['comm_id']);
    expect(ids).toContain(id);
    const said = await tellComm(id, { method: 'custom', content: { event: 'click' } });
    expect(said.find(({ header }) => header.msg_type === 'error')?.content).toMatchObject({
      ename: 'ZeroDivisionError',
    });
  });

  test('a comm that a client opens is closed, and one that is not open is not heard', async () => {
    const comm_id = randomUUID();
    const answers = await tell('comm_open', { comm_id, target_name: 'jupyter.widget.control', data: {} });
    expect(answers.map(({ header }) => header.msg_type)).toEqual(['status', 'comm_close', 'status']);
    const said = await tellComm(comm_id, { method: 'request_state' });
    expect(said.map(({ header }) => header.msg_type)).toEqual(['status', 'status']);
  });

  test('a widget of another library is not shown, and the reader is told', async () => {
    const code = `%%python
class Foreign(widgets.DOMWidget):
    from traitlets import Unicode
    _model_module = Unicode('evil').tag(sync=True)
    _model_name = Unicode('EvilModel').tag(sync=True)
display(Foreign())`;
    const { outputs, text } = await session.run(code);
    expect(outputs.filter(({ content }) => content['target_name'] !== undefined)).toHaveLength(1);
    expect(text).toContain('A widget of evil is not shown');
    const bundles = JSON.stringify(outputs.map(({ content }) => content['data']));
    expect(bundles).not.toContain('widget-view+json');
  });
});
