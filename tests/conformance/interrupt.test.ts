import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { helper, Jupyter } from '../support/jupyter.ts';

let jupyter: Jupyter | undefined;
afterEach(() => jupyter?.close());

const tries = 5;
/** An interrupt that takes this long hangs, also on a busy machine. What it takes on a quiet one is in docs/benchmarks.md. */
const hangMs = 20_000;

const report = z.object({
  milliseconds: z.array(z.number()).length(tries),
  enames: z.array(z.string()),
  after: z.object({ status: z.literal('ok'), shown: z.string() }),
});

interface Interrupted {
  readonly cell: string;
  /** What the cell shows when it is to be interrupted. */
  readonly sign: string;
  readonly replies?: readonly { readonly text: string }[];
  /** Absent: longer than an interrupt may take, so that none is only the end of its time. */
  readonly graceSeconds?: number;
}

/** Interrupts the cell several times, prints the median, and returns what came of it. */
async function interrupt(name: string, given: Interrupted): Promise<z.infer<typeof report>> {
  jupyter = new Jupyter({ REPLIQUE_BUSY_GRACE: String(given.graceSeconds ?? 60) });
  jupyter.script(given.replies ?? []);
  const { cell, sign } = given;
  const found = report.parse(await jupyter.drive('interrupt.py', String(tries), sign, cell));
  const sorted = [...found.milliseconds].sort((a, b) => a - b).map((ms) => ms.toFixed(0));
  console.log(`interrupt to idle, ${name}: median ${sorted[2] ?? ''} ms of ${sorted.join(', ')}`);
  for (const ms of found.milliseconds) expect(ms).toBeLessThan(hangMs);
  expect(found.after.shown).toContain('kept 5');
  return found;
}

describe('from interrupt_request to idle', () => {
  it('while a helper spins', { timeout: 60_000 }, async () => {
    const spinning = { text: helper('print("spinning", flush=True)\nwhile True: pass') };
    const { enames } = await interrupt('a helper spins', {
      cell: 'Go on for ever.',
      sign: 'spinning',
      replies: Array.from({ length: tries }, () => spinning),
    });
    expect(new Set(enames)).toEqual(new Set(['Interrupted']));
  });

  it('while the model streams', { timeout: 60_000 }, async () => {
    const slow = { text: 'slowly '.repeat(2000), chunk: 7, delayMs: 20 };
    const { enames } = await interrupt('the model streams', {
      cell: 'Tell me a long story.',
      sign: 'slowly',
      replies: Array.from({ length: tries }, () => slow),
    });
    expect(new Set(enames)).toEqual(new Set(['Interrupted']));
  });

  it('while a cell of the person’s own code spins', { timeout: 60_000 }, async () => {
    const { enames } = await interrupt('a code cell spins', {
      cell: '%%python\nprint("spinning", flush=True)\nwhile True: pass',
      sign: 'spinning',
    });
    expect(new Set(enames)).toEqual(new Set(['KeyboardInterrupt']));
  });

  it('in a long call of C; the busy worker is replaced, with its memory', { timeout: 90_000 }, async () => {
    const { enames, after } = await interrupt('a long call of C', {
      cell: '%%python\nprint("counting", flush=True)\nsum(range(10**11))',
      sign: 'counting',
      graceSeconds: 0.5,
    });
    expect(new Set(enames)).toEqual(new Set(['KeyboardInterrupt']));
    expect(after.shown).toContain('Python was still busy 0.5 s after it was stopped, so it was ended.');
    expect(after.shown).toMatch(/It was replaced by a copy from before (that code|the last \d runs of code)/);
    expect(after.shown).toContain('kept 5');
  });
});
