import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printCheck } from '../../../kernel/check/command.ts';
import { runSetup } from '../../../kernel/check/setup-command.ts';
import { systemCheck } from '../../../kernel/check/system-check.ts';
import type { Config } from '../../../kernel/config.ts';
import { workerEnvDir } from '../../../kernel/paths.ts';
import { checkReport, setupEvent, type CheckLine, type SetupEvent } from '../../../kernel/protocol/setup.ts';
import { selectProvider } from '../../../kernel/providers/select.ts';
import { configWith } from '../../support/provider-tools.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let directory: string;
let stdin: PassThrough;
let lines: string[];
/** Is given each line that is said on stdout. */
let onLine: (line: string) => void;
let before: Map<string, NodeJS.SignalsListener[]>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-check-'));
  stdin = new PassThrough();
  lines = [];
  onLine = () => undefined;
  before = new Map(signals.map((name) => [name, process.listeners(name)]));
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as never);
  vi.spyOn(process.stdout, 'write').mockImplementation((text, ...rest) => {
    lines.push(String(text));
    onLine(String(text));
    for (const written of rest) if (typeof written === 'function') written();
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const name of signals)
    for (const one of process.listeners(name)) if (!before.get(name)?.includes(one)) process.off(name, one);
  rmSync(directory, { recursive: true, force: true });
});

const events = (): SetupEvent[] => lines.map((line) => setupEvent.parse(JSON.parse(line)));
const whenAsked = (answer: () => void) => {
  onLine = (line) => {
    if (line.includes('"ask"')) answer();
  };
};

describe('the set-up', () => {
  beforeEach(() => void vi.stubEnv('XDG_DATA_HOME', join(directory, 'data')));

  it('says which provider it chose, and that it is done', async () => {
    expect(await runSetup(configWith({ provider: 'mock' }))).toBe(0);
    expect(events()).toMatchObject([
      { type: 'step', text: expect.stringContaining('mock') as string },
      { type: 'done' },
    ]);
  });

  it.each([
    ['a no', () => stdin.write('no\n')],
    ['another word', () => stdin.write('\n')],
    ['the end of what asks', () => stdin.end()],
    ['a no before the question', () => undefined, 'no\n'],
    ['an end before the question', () => undefined, ''],
  ])('fetches nothing upon %s, and says how to go on', async (_what, answer, early?: string) => {
    whenAsked(answer);
    if (early !== undefined) stdin.end(early);
    expect(await runSetup(configWith({ provider: 'embedded' }))).toBe(1);
    expect(events().map(({ type }) => type)).toEqual(['step', 'ask', 'failed']);
    expect(events().at(-1)).toMatchObject({
      sentence: 'The embedded model was not fetched, as you wished.',
      remedy: expect.stringContaining('REPLIQUE_PROVIDER') as string,
    });
    expect(existsSync(join(directory, 'data', 'replique', 'models'))).toBe(false);
  });

  it('that is interrupted says so, and that it can go on', async () => {
    whenAsked(() => {
      process.emit('SIGINT');
      stdin.end();
    });
    expect(await runSetup(configWith({ provider: 'embedded' }))).toBe(1);
    expect(events().at(-1)).toMatchObject({ type: 'failed', sentence: 'The set-up was interrupted.' });
  });

  it('says what is wrong with a provider, with the remedy', async () => {
    expect(await runSetup(configWith({ provider: 'groq' }))).toBe(1);
    expect(events()).toMatchObject([
      { type: 'failed', remedy: expect.stringContaining('GROQ_API_KEY') as string },
    ]);
  });
});

it('where its data can’t be kept, set-up and check say why, and what mends it', async () => {
  const python = join(workerEnvDir(), 'bin', 'python');
  writeFileSync(join(directory, 'file'), '');
  vi.stubEnv('XDG_DATA_HOME', join(directory, 'file'));
  stdin.end('yes\n');
  expect(await runSetup(configWith({ provider: 'embedded' }))).toBe(1);
  const [reason, remedy] = ['ENOTDIR', 'XDG_DATA_HOME'].map(
    (text) => expect.stringContaining(text) as string,
  );
  expect(events().at(-1)).toMatchObject({ type: 'failed', sentence: reason, remedy });
  const config = configWith({ provider: 'mock', python });
  const report = await systemCheck(config, new AbortController().signal);
  const failed = (name: string) => report.lines.find((line) => line.name === name);
  for (const name of ['Audit', 'Sandbox: start'])
    expect(failed(name)).toMatchObject({ ok: false, needed: true, detail: reason, remedy });
});

describe('the check', () => {
  async function reportOf(
    changes: Partial<Config>,
  ): Promise<{ ok: boolean; of: (name: string) => CheckLine }> {
    lines = [];
    const status = await printCheck(configWith({ provider: 'mock', ...changes }));
    expect(lines).toHaveLength(1);
    const report = checkReport.parse(JSON.parse(lines[0]!));
    expect(status).toBe(report.ok ? 0 : 1);
    return { ok: report.ok, of: (name) => report.lines.find((line) => line.name.startsWith(name))! };
  }
  it('is one line, and its status says whether all that is needed is there', async () => {
    const mockScript = join(directory, 'script.json');
    writeFileSync(mockScript, '{"replies": [{"text": "1"}]}');
    const good = await reportOf({ mockScript, audit: 'off' });
    expect(good.ok).toBe(true);
    expect(good.of('Model').detail).toMatch(/ ms\)$/);
    expect(good.of('Audit')).toMatchObject({
      ok: false,
      needed: false,
      remedy: expect.stringContaining('unset') as string,
    });
    writeFileSync(join(directory, 'file'), '');
    const bad = await reportOf({ mockScript, auditDir: join(directory, 'file', 'audit') });
    expect(bad.ok).toBe(false);
    expect(bad.of('Audit')).toMatchObject({ ok: false, needed: true });
    expect(bad.of('Audit').remedy).toBeDefined();
  });

  it.runIf(process.platform === 'linux')('warns where little room is left, which nothing needs', async () => {
    vi.stubEnv('XDG_DATA_HOME', '/proc/none'); // a file system without room
    expect((await reportOf({})).of('Disk')).toMatchObject({
      ok: false,
      needed: false,
      detail: expect.stringContaining('0.0 GB free') as string,
      remedy: expect.stringContaining('2 GB') as string,
    });
  });

  it('uses the provider that it is given, and leaves it open', async () => {
    const config = configWith({ provider: 'mock' });
    const signal = new AbortController().signal;
    const selection = await selectProvider(config, signal);
    const close = vi.spyOn(selection.provider, 'close');
    const { lines: found } = await systemCheck(config, signal, selection);
    expect(found.find(({ name }) => name === 'Provider')).toMatchObject({ ok: true });
    expect(close).not.toHaveBeenCalled();
    await selection.provider.close();
  });
});
