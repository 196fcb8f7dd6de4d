import type { Piece } from '../generation.ts';
import { formatBytes, type OnSetupEvent, type SetupEvent } from './progress.ts';

/** Runs a set-up and says meanwhile what happens: each step, and each tenth of a download. */
export async function* preparationNotices(
  prepare: (onEvent: OnSetupEvent) => Promise<void>,
): AsyncGenerator<Piece> {
  const texts: string[] = [];
  let wake = (): void => undefined;
  let lastTenth = -1;
  const onEvent = (event: SetupEvent): void => {
    if (event.type === 'step') texts.push(event.text);
    else {
      const tenth = Math.floor((event.doneBytes / event.totalBytes) * 10);
      if (tenth === lastTenth) return;
      lastTenth = tenth;
      texts.push(`${event.label}: ${formatBytes(event.doneBytes)} of ${formatBytes(event.totalBytes)}`);
    }
    wake();
  };
  const state = { over: false };
  const work = prepare(onEvent).finally(() => {
    state.over = true;
    wake();
  });
  work.catch(() => undefined);
  for (;;) {
    for (let text = texts.shift(); text !== undefined; text = texts.shift()) yield { notice: text };
    if (state.over) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  await work;
}
