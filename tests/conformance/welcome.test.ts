import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { Jupyter } from '../support/jupyter.ts';

let jupyter: Jupyter;
beforeEach(() => {
  jupyter = new Jupyter();
});
afterEach(() => jupyter.close());

const heard = z.object({
  topic: z.string(),
  type: z.literal('iopub_welcome'),
  content: z.object({ subscription: z.string() }),
  parent: z.strictObject({}),
  states: z.tuple([z.literal('busy'), z.literal('idle')]),
});

it('who waits for the welcome of each subscription loses nothing of what comes after', async () => {
  const topics = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? '' : 'kernel.'));
  const all = z.array(heard).parse(await jupyter.drive('welcome.py', ...topics));
  expect(all.map(({ topic }) => topic)).toEqual(topics);
  expect(all.map(({ content }) => content.subscription)).toEqual(topics);
});
