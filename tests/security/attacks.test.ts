import { afterEach, beforeEach, expect, it } from 'vitest';
import { Playground } from '../support/sandboxes.ts';

/**
 * What the corpus can't hold, for on the machines that it was tried on it fails without the sandbox, too. Elsewhere it
 * may not: inside it must.
 */

let ground: Playground;
beforeEach(() => {
  ground = new Playground();
});
afterEach(() => ground.close());

it.each([
  ['the kernel computes no ciphers', 'works(lambda: __import__("socket").socket(38, 5).close())'],
  [
    'the kernel’s modules and memory can’t be read',
    'any(works(lambda: open("/proc/" + name, "rb").read(1)) and open("/proc/" + name, "rb").read(1) for name in ("modules", "kcore"))',
  ],
  [
    'what the kernel runs, and what ends the machine, can’t be written',
    'any(works(lambda: os.close(os.open("/proc/" + name, os.O_WRONLY))) for name in ("sys/kernel/modprobe", "sysrq-trigger"))',
  ],
  [
    'Python can’t be changed',
    'any(works(lambda: os.close(os.open(path, os.O_WRONLY))) for path in (os.__file__, os.path.realpath(sys.executable)))',
  ],
])('%s', async (_, attack) => {
  expect(await ground.run(`result = bool(${attack})`, 'bubblewrap')).toBe(false);
});

it('the first process survives every signal from inside', async () => {
  const body = `
for number in range(1, 65):
    works(lambda: os.kill(1, number))
result = os.path.exists("/proc/1/stat") and child(lambda: True)`;
  expect(await ground.run(body, 'bubblewrap')).toBe(true);
});
