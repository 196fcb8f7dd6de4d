import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { helper, Jupyter } from '../support/jupyter.ts';

let jupyter: Jupyter;
beforeEach(() => {
  jupyter = new Jupyter();
});
afterEach(() => jupyter.close());

const run = z.object({ reply: z.looseObject({ status: z.string() }), shown: z.string() });
const content = z.looseObject({ status: z.string() });
const report = z.object({
  ...{ prompt: run, asked: run, expressions: run, interrupted: run, restarted: run },
  ...{ completed: content, inspected: content, complete: content, history: content, comms: content },
  alive: z.literal(false),
});

it(
  'jupyter_client’s async client runs, asks, interrupts, restarts and ends',
  { timeout: 120_000 },
  async () => {
    jupyter.script([
      { text: `I print.\n${helper('print("six times seven is", 6 * 7)')}` },
      { text: 'The answer is forty-two.' },
    ]);
    const said = report.parse(await jupyter.drive('async_client.py'));
    expect(said.prompt.reply.status).toBe('ok');
    expect(said.prompt.shown).toContain('The answer is forty-two.');
    expect(said.asked.shown).toContain('Ada of name? ');
    expect(said.expressions.reply['user_expressions']).toMatchObject({
      good: { status: 'ok', data: { 'text/plain': '42' } },
      bad: { status: 'error', ename: 'NameError' },
    });
    expect(said.completed['matches']).toContain('zip');
    expect(said.inspected['found']).toBe(true);
    expect(said.complete).toEqual({ status: 'incomplete', indent: '    ' });
    expect(said.comms['comms']).toEqual({});
    expect(said.interrupted.reply).toMatchObject({ status: 'error', ename: 'KeyboardInterrupt' });
    expect(said.restarted.shown).toContain('False');
    expect(jupyter.recorded().messages).toBeGreaterThan(50);
  },
);
