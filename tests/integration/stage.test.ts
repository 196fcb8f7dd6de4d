import {
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stageFor } from '../../kernel/sandbox/idmap.ts';
import { Playground } from '../support/sandboxes.ts';

/** Where Replique runs as root, what is mounted for its unprivileged user is kept from one sandbox to the next. */

let ground: Playground;
beforeEach(() => {
  ground = new Playground();
});
afterEach(() => ground.close());

const write = (name: string): Promise<unknown> =>
  ground.run(`open(${JSON.stringify(name)}, "x").close(); result = sorted(os.listdir("."))`, 'bubblewrap');

/** How many mount namespaces this process holds. A new one may have the number of one that is gone. */
const namespaces = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('mnt:');
    } catch {
      return false;
    }
  }).length;

describe.runIf(process.getuid?.() === 0)('the stage of a session', () => {
  it('is that of the workspace as it is now, not as it was', async () => {
    expect(await write('a')).toEqual(['a']);
    renameSync(ground.workspace, `${ground.workspace}-old`);
    mkdirSync(ground.workspace);
    writeFileSync(join(ground.workspace, 'new'), '');
    expect(await write('b')).toEqual(['b', 'new']);
    chownSync(ground.workspace, 1234, 1234);
    expect(await write('c')).toEqual(['b', 'c', 'new']);
    expect(statSync(join(ground.workspace, 'c')).uid).toBe(1234);
    expect(statSync(join(ground.workspace, 'b')).uid).toBe(0);
  });

  it('is made once, and let go of when another takes its place', async () => {
    const { python } = await ground.options('');
    const bindings = python.directories.map((path) => ({ source: path, target: path }));
    const folder = openSync(ground.workspace, 'r');
    const other = openSync(ground.outside, 'r');
    try {
      const [one, again] = await Promise.all([
        stageFor(python.executable, folder, bindings),
        stageFor(python.executable, folder, bindings),
      ]);
      expect(again).toBe(one);
      expect(statSync(`/proc/self/fd/${one.namespace}`).ino).not.toBe(statSync('/proc/self/ns/mnt').ino);
      const held = namespaces();
      await stageFor(python.executable, other, bindings);
      expect(namespaces()).toBe(held);
    } finally {
      closeSync(folder);
      closeSync(other);
    }
  });
});
