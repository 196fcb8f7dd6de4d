import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { programFile } from '../../server/cli/program.ts';
import { reportSchema } from '../../server/cli/report/json.ts';
import { runCommand } from '../../server/cli/setup/run-command.ts';

/** The notebook that shows time travel, as the embedded model answered it; no model is there to be asked. */
const recorded = join(import.meta.dirname, '..', '..', 'notebooks', 'time-travel.ipynb');

let top: string;
let work: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'replique-time-travel-'));
  work = join(top, 'work');
  mkdirSync(work);
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

it.each(['replay', 'verify'])(
  'the notebook that shows time travel comes out of %s byte for byte, and leaves no file behind',
  { timeout: 120_000 },
  async (command) => {
    const [notebook, output] = [join(work, 'time-travel.ipynb'), join(work, 'out.ipynb')];
    copyFileSync(recorded, notebook);
    const env = { ...process.env, REPLIQUE_PROVIDER: 'mock', REPLIQUE_AUDIT_DIR: join(top, 'audit') };
    const { status, stdout, stderr } = await runCommand(
      process.execPath,
      [programFile('replique.js'), command, notebook, '--output', output, '--json'],
      { env },
    );
    expect(status, stdout + stderr).toBe(0);
    const cells = reportSchema.parse(JSON.parse(stdout)).notebooks[0]?.cells ?? [];
    expect(cells.filter(({ words }) => /^%(?:undo|rewind|checkout|branch)/.test(words))).toHaveLength(6);
    expect(cells.filter((cell) => cell.status !== 'ok')).toEqual([]);
    expect(readFileSync(output).equals(readFileSync(recorded))).toBe(true);
    expect(existsSync(join(work, 'rows.txt'))).toBe(false);
  },
);
