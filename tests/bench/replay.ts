import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programFile } from '../../server/cli/program.ts';
import { runCommand } from '../../server/cli/setup/run-command.ts';
import { codeCell, saveNotebook } from '../support/saved-session.ts';
import { median } from './figures.ts';

const prompts = 50;
const runs = 9;
const plot = 'import matplotlib.pyplot as plt\nplt.plot(range(7))\nplt.show()\n';

/** `npm run bench -- replay`: what the replay of 100 turns (50 prompts, each with a helper) takes above that of one prompt. */
export async function benchReplay(): Promise<void> {
  const top = mkdtempSync(join(tmpdir(), 'replique-bench-'));
  try {
    const [one, many] = [await recorded(top, 1), await recorded(top, prompts)];
    const times: (readonly [number, number])[] = [];
    for (let run = 0; run < runs; run += 1) times.push([await replayed(top, one), await replayed(top, many)]);
    const [startUp, whole] = [median(times.map(([ms]) => ms)), median(times.map(([, ms]) => ms))];
    const above = median(times.map(([first, second]) => second - first));
    console.log(`replay of one prompt, start-up included: ${startUp.toFixed(0)} ms, median of ${runs}`);
    console.log(
      `replay of ${2 * prompts} turns (${(readFileSync(many).length / 2 ** 20).toFixed(1)} MB): ${whole.toFixed(0)} ms`,
    );
    console.log(
      `what they take above start-up: ${above.toFixed(0)} ms (wanted: ≤ 1000); every file byte for byte as it was`,
    );
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

/** @returns the notebook of a session of the real kernel with a scripted model */
async function recorded(top: string, count: number): Promise<string> {
  const work = join(top, `of-${count}`);
  mkdirSync(work);
  const replies = Array.from({ length: count }, (_, at) => [
    `I look.\n<helpers lang="python">\n${at % 5 === 4 ? plot : ''}print(${at}, [i * ${at} for i in range(200)])\n</helpers>`,
    `Number ${at} is done.`,
  ]).flat();
  writeFileSync(join(top, 'script.json'), JSON.stringify({ replies: replies.map((text) => ({ text })) }));
  const cells = Array.from({ length: count }, (_, at) => codeCell(`What is number ${at}?`, null));
  const file = join(work, 'recorded.ipynb');
  await replique(top, ['run', saveNotebook(work, cells), '--output', file]);
  return file;
}

/** @returns milliseconds @throws where the file is not what it was */
async function replayed(top: string, file: string): Promise<number> {
  const before = readFileSync(file);
  const began = performance.now();
  await replique(top, ['replay', file]);
  const ms = performance.now() - began;
  if (!readFileSync(file).equals(before)) throw new Error(`The replay changed ${file}.`);
  return ms;
}

async function replique(top: string, args: readonly string[]): Promise<void> {
  const env = {
    ...process.env,
    ...{ REPLIQUE_PROVIDER: 'mock', REPLIQUE_MOCK_SCRIPT: join(top, 'script.json') },
    ...{ XDG_CONFIG_HOME: join(top, 'config'), REPLIQUE_AUDIT_DIR: join(top, 'audit') },
  };
  const { status, stderr } = await runCommand(process.execPath, [programFile('replique.js'), ...args], {
    env,
  });
  if (status !== 0) throw new Error(`replique ${args[0] ?? ''} ended with ${String(status)}: ${stderr}`);
}
