import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { helper, Jupyter } from '../support/jupyter.ts';

let jupyter: Jupyter;
beforeEach(() => {
  jupyter = new Jupyter();
});
afterEach(() => jupyter.close());

const said = z.array(z.object({ status: z.string(), shown: z.string() }));

it('a restart begins afresh, too, while a helper runs that does not end when it is interrupted', async () => {
  const stubborn =
    'import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint("begun", flush=True)\nwhile True: pass';
  jupyter.script([
    { text: 'It is 42.', match: 'How much' },
    { text: helper(stubborn), match: 'Wait' },
    { text: 'Hello to you.', match: 'Hello' },
  ]);
  const fresh = z
    .object({ count: z.number(), shown: z.string() })
    .parse(await jupyter.drive('restart_busy.py', 'How much is it?', 'Wait.', 'Hello.'));
  expect(fresh.shown).toContain('A fresh start: the conversation so far (2 prompts) is put away.');
  expect(fresh.count).toBe(1);
});

it(
  'a conversation outlives a killed kernel, and a restart puts it away until %resume',
  { timeout: 90_000 },
  async () => {
    jupyter.script([
      { text: helper('print(6 * 7)'), match: 'How much' },
      { text: 'It is 42.', match: '<result' },
      { text: 'Still 42.', match: 'And now' },
      { text: 'Hello to you.', match: 'Hello' },
    ]);
    const cells = ['How much is it?', 'And now?', 'Hello.', '%resume list', '%resume'];
    const [before, crashed, restarted, list, resumed] = said.parse(
      await jupyter.drive('session_state.py', ...cells),
    );
    expect(before).toMatchObject({ status: 'ok' });
    expect(crashed?.shown).toContain('Back is the conversation so far (1 prompt)');
    expect(crashed?.status).toBe('ok');
    expect(restarted?.shown).toContain(
      'A fresh start: the conversation so far (2 prompts) is put away. `%resume`',
    );
    expect(list?.shown).toContain('How much is it?');
    expect(resumed?.shown).toContain('is back (2 prompts)');
  },
);
