import { afterEach, describe, expect, it } from 'vitest';
import { testPython } from '../../support/python.ts';
import { python, TimelineKernel } from '../../support/timeline-kernel.ts';

let open: TimelineKernel | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});

async function start(replies: readonly string[] = [], given = {}): Promise<TimelineKernel> {
  open = await TimelineKernel.start(replies, given);
  return open;
}

/** Code cells that follow each other so quickly that memory is not kept between them. */
async function atOnce(kernel: TimelineKernel, codes: readonly string[]): Promise<void> {
  const ids = codes.map((code, at) =>
    kernel.send(`q${at}`, `%%python\n${code}`, {}, { stop_on_error: false }),
  );
  for (const id of ids) await kernel.under.finished(id);
}

describe('what differs', () => {
  it('between places that are not there is said in a sentence', async () => {
    const kernel = await start();
    const refusal = async (code: string): Promise<readonly unknown[]> => {
      const { reply } = await kernel.run(code);
      return [reply['ename'], reply['evalue']];
    };
    expect(await refusal('%diff')).toEqual([
      'NothingToCompare',
      'There is one branch only: name two cells, as in `%diff 2 3`.',
    ]);
    expect(await refusal('%rewind 3')).toEqual([
      'NothingToRewind',
      'There is no cell [3] to go back to: no cell that runs code or asks has run here yet.',
    ]);
    await kernel.run('%%python\nx = 1');
    expect(await refusal('%diff nowhere')).toContain(
      'There is no branch or cell nowhere: `%branches` shows them.',
    );
    expect(await refusal('%diff 3 99')).toContain('There is no branch or cell 99: `%branches` shows them.');
    expect(await refusal('%rewind 99')).toContain(
      'There is no cell [99] to go back to: the cells of this path are [3].',
    );
    expect((await refusal('%checkout'))[0]).toBe('NoBranch');
    expect((await kernel.run('%branch')).text).toContain('On branch `main`.');
  });

  it('is that of what was left behind last where nothing is named, also by its number', async () => {
    const kernel = await start();
    await kernel.run('%%python\nx = 1');
    await kernel.run('%%python\nx = 2; text = ""; import os');
    await kernel.run('%undo');
    const last = await kernel.run('%diff');
    expect(last.text).toMatch(/From left-1 \(-\) to here \(\+\)[^]*- x: 2\n\+ x: 1/);
    expect((await kernel.run('%diff 2')).text).toMatch(/From \[2\] \(-\) to here \(\+\)[^]*- x: 2\n\+ x: 1/);
  });

  it('draws the last 300 cells, and says how many came before', { timeout: 120_000 }, async () => {
    const kernel = await start();
    await atOnce(
      kernel,
      Array.from({ length: 303 }, (_, at) => `${at}`),
    );
    const { text } = await kernel.run('%branches');
    expect(text).toMatch(/^… 4 earlier cells\n/);
    expect(text).toContain('[303] %%python 302  ← main, you are here');
    expect(text).not.toContain('[3] ');
  });
});

describe('memory that has to be rebuilt', () => {
  it('and can’t be, is left as it is, and why is said', async () => {
    const kernel = await start();
    // No notebook is taken back, so the code sees that it has run before.
    await atOnce(kernel, [
      'import os, threading, time',
      'if os.path.exists("ran.ipynb"): os._exit(1)\nn = open("ran.ipynb", "w").close()\n' +
        'threading.Thread(target=time.sleep, args=(600,), daemon=True).start()',
      'x = 2',
    ]);
    expect((await kernel.run('%rewind 3')).reply).toMatchObject({
      ename: 'NothingToRewind',
      evalue: 'It can’t be gone there: code of [2] ended in another way than then (died).',
    });
    expect(await kernel.value('x')).toBe('2');
  });

  it('lacks what was done to widgets, and that is said', { timeout: 60_000 }, async () => {
    const kernel = await start([], { config: { python: testPython() } });
    await kernel.run(
      '%%python\nimport ipywidgets, threading, time\nslider = ipywidgets.IntSlider(value=3)\n' +
        'threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\nslider',
    );
    const { client } = kernel.under;
    const opening = client.received.find(({ message }) =>
      JSON.stringify(message.content).includes('"IntSliderModel"'),
    );
    const move = { method: 'update', state: { value: 9 }, buffer_paths: [] };
    for (let times = 0; times < 2; times += 1) {
      const content = { comm_id: opening?.message.content['comm_id'], data: move };
      await client.idle(client.send('comm_msg', content));
    }
    await kernel.run('%%python\nseen = slider.value');
    expect(await kernel.value('seen')).toBe('9');
    const { text } = await kernel.run('%undo');
    expect(text).toContain('What was done to widgets in the page could not be done again.');
    expect(text).toContain('Python’s memory was rebuilt');
    expect(await kernel.value('slider.value')).toBe('3');
  });
});

describe('running a prompt cell again', () => {
  it('runs on what there is where one can’t go back, and says why', async () => {
    const thread =
      'import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()';
    const kernel = await start([python(`${thread}\nimport pip\nx = 1`), 'One.', 'Two.', 'Two again.'], {
      config: { profile: 'data' },
    });
    await kernel.cell('c1', 'Make x.');
    await kernel.cell('c2', 'Well?');
    await kernel.run('%sandbox strict');
    const again = await kernel.cell('c2', 'Well then?');
    expect(again.text).toMatch(
      /It can’t be gone there: .* is not allowed now.*The cell runs on what there is\./,
    );
    expect(again.text).toContain('Two again.');
  });

  it('goes back over cells without a name, and over code that ended its process', async () => {
    const kernel = await start(['One.', 'Two.', 'Three.']);
    await kernel.cell('c1', '%%python\nx = 1');
    await kernel.cell('c2', 'Hello?');
    await kernel.run('%%python\nx = 2');
    const again = await kernel.cell('c2', 'Hello?', { deletedCells: [] });
    expect(again.text).toContain('Rewound to before [2]: 2 cells are left behind');
    expect(await kernel.value('x')).toBe('1');
    await kernel.cell('c1', '%%python\nimport os; os._exit(1)');
    const asked = await kernel.cell('c2', 'Hello?', { deletedCells: ['unknown'] });
    expect(asked.text).not.toContain('Rewound');
  });
});

it('what waits for a cell ends with it when both are interrupted', async () => {
  const kernel = await start([
    python('import time\nprint("be" + "gun", flush=True)\nwhile True: time.sleep(0.01)'),
  ]);
  const { client } = kernel.under;
  const cell = kernel.send('c1', 'Wait.');
  await client.message(({ message }) => JSON.stringify(message.content).includes('begun'));
  const waiting: string[] = [];
  for (const code of ['%branches', '%diff 1', '%undo']) {
    const { content } = await client.ask('create_subshell_request', {}, 'control');
    waiting.push(client.sendTo(String(content['subshell_id']), 'execute_request', { code }));
  }
  await client.ask('kernel_info_request');
  await client.ask('interrupt_request', {}, 'control');
  const ended = await Promise.all([cell, ...waiting].map((id) => kernel.under.finished(id)));
  expect(ended[0]?.reply['status']).toBe('error');
  for (const { reply } of ended.slice(1)) expect(reply['evalue']).toBe('It was interrupted.');
});
