import { afterEach, describe, expect, it } from 'vitest';
import { python, TimelineKernel } from '../../support/timeline-kernel.ts';

let open: TimelineKernel | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});

async function start(replies: readonly unknown[], given = {}): Promise<TimelineKernel> {
  open = await TimelineKernel.start([], { replies: replies as [], ...given });
  return open;
}

/** A script by what the newest message says, each reply as often as it stands there. */
const when = (match: string, text: string, more = {}): object => ({ match, text, ...more });

describe('%try', () => {
  it('runs a prompt in branches, each with its own conversation, memory and files', async () => {
    const kernel = await start([
      ...[1, 2, 3].map((n) =>
        when('Add to it', python(`x.append(${n}); open('f', 'a').write(str(${n})); print(x, open('f').read())`)),
      ),
      ...[1, 2, 3].map((n) => when(`\\[0, ${n}\\] 0${n}`, `It is ${n}.`)),
    ]);
    await kernel.cell('c1', "%%python\nx = [0]; n = open('f', 'w').write('0')");
    const ran = await kernel.cell('c2', '%try 3\nAdd to it.');
    console.log(ran.text, JSON.stringify(ran.reply));
    console.log((await kernel.run('%branches')).text);
    console.log((await kernel.run('%compare')).text);
    console.log(await kernel.value('x'), kernel.file('f'));
    console.log((await kernel.run('%checkout try-2')).text);
    console.log(await kernel.value('x'), kernel.file('f'));
    expect(1).toBe(1);
  });
});
