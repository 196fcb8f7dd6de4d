import { expect, test } from 'vitest';
import { preparationNotices } from '../../../../kernel/providers/embedded/notices.ts';
import { formatBytes, throttled, type SetupEvent } from '../../../../kernel/providers/embedded/progress.ts';

test('steps are told at once, a download at each tenth of it', async () => {
  const totalBytes = 2_000_000_000;
  const texts: string[] = [];
  const work = preparationNotices(async (onEvent) => {
    onEvent({ type: 'step', text: 'Fetching.' });
    for (let done = 0; done <= 100; done += 1) {
      await Promise.resolve();
      onEvent({ type: 'progress', label: 'Model', doneBytes: (totalBytes / 100) * done, totalBytes });
    }
  });
  for await (const { notice = '' } of work) texts.push(notice);
  expect(texts).toHaveLength(12);
  expect(texts[0]).toBe('Fetching.');
  expect(texts.slice(1, 3)).toEqual(['Model: 0 MB of 2.00 GB', 'Model: 200 MB of 2.00 GB']);
  expect(texts.at(-1)).toBe('Model: 2.00 GB of 2.00 GB');
});

test('what goes wrong comes out after what was said', async () => {
  const texts: unknown[] = [];
  const work = preparationNotices((onEvent) => {
    onEvent({ type: 'step', text: 'Trying.' });
    return Promise.reject(new Error('no'));
  });
  const all = (async () => {
    for await (const { notice } of work) texts.push(notice);
  })();
  await expect(all).rejects.toThrow('no');
  expect(texts).toEqual(['Trying.']);
});

test('progress is passed on now and then, and always at the end', () => {
  const events: SetupEvent[] = [];
  const report = throttled('x', 10, (event) => events.push(event), 60_000);
  for (let done = 1; done <= 10; done += 1) report(done);
  expect(events.map((event) => event.type === 'progress' && event.doneBytes)).toEqual([1, 10]);
  expect(formatBytes(98_362_432)).toBe('99 MB');
});
