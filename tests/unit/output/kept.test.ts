import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmitterFactory } from '../../../kernel/output/emitter.ts';
import { KeptFiles } from '../../../kernel/output/kept-files.ts';
import { Comms } from '../../../kernel/output/widgets/comms.ts';
import { tinyPng } from '../../security/output-corpus.ts';
import { recordCell, secret, type Recorder } from './recorder.ts';

describe('what is too large to be shown', () => {
  let top = '';
  let workspace = '';
  let cell: Recorder;
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'replique-kept-'));
    workspace = join(top, 'workspace');
    mkdirSync(workspace);
    const files = new KeptFiles(workspace);
    cell = recordCell(
      createEmitterFactory({ secrets: [secret], files, comms: new Comms([]), onRefused: () => undefined }),
    );
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  const text = (): string => cell.wire();
  const kept = (): string[] => readdirSync(join(workspace, 'replique-outputs'));
  const content = (name = ''): string => readFileSync(join(workspace, 'replique-outputs', name), 'utf8');
  const stream = (said: string) => ({ kind: 'stream', name: 'stdout', text: said }) as const;
  const display = (data: Record<string, unknown>) => ({ kind: 'display', data, metadata: {} }) as const;

  it('of a stream, is in a file that the notice names, without secrets', () => {
    const line = `${'x'.repeat(999)}\n`;
    cell.code(
      stream(line.repeat(1000)),
      stream(`rest ${secret.slice(0, 7)}`),
      stream(`${secret.slice(7)}\n`),
    );
    const [name] = kept();
    expect(content(name)).toBe('rest [redacted]\n');
    expect(text()).toContain(`more are in replique-outputs/${name}`);
    expect(name).toMatch(/^cell-3-[0-9a-f]{6}\.txt$/);
  });

  it.each([
    ['text/html', 'html', `<p>${secret} ${'x'.repeat(600_000)}</p>`],
    ['text/markdown', 'md', `${secret} ${'x'.repeat(300_000)}`],
    ['image/svg+xml', 'svg', `<svg>${secret}${'x'.repeat(1_100_000)}</svg>`],
    ['text/plain', 'txt', `${secret} ${'x'.repeat(1_100_000)}`],
    ['application/json', 'json', { [secret]: 'x'.repeat(1_100_000) }],
  ])('of %s, is in a file without secrets', (type, extension, value) => {
    cell.code(display({ [type]: value }));
    const [name] = kept();
    expect(name).toMatch(new RegExp(`\\.${extension}$`));
    expect(content(name)).toContain('[redacted]');
    expect(content(name)).not.toContain(secret);
    expect(text()).toContain(`What is too large to be shown is in replique-outputs/${name}.`);
  });

  it('of an image, is in a file as bytes', () => {
    const bytes = Buffer.concat([Buffer.from(tinyPng, 'base64'), Buffer.alloc(3_300_000)]);
    cell.code(display({ 'image/png': bytes.toString('base64') }));
    expect(readFileSync(join(workspace, 'replique-outputs', kept()[0] ?? '')).equals(bytes)).toBe(true);
  });

  it('is owned as the workspace is', () => {
    cell.code(display({ 'text/html': 'x'.repeat(600_000) }));
    const file = statSync(join(workspace, 'replique-outputs', kept()[0] ?? ''));
    expect(file.uid).toBe(statSync(workspace).uid);
    expect(file.mode & 0o777).toBe(0o644);
  });

  it('is not written through a link that code laid in the way', () => {
    const outside = join(top, 'outside');
    mkdirSync(outside);
    symlinkSync(outside, join(workspace, 'replique-outputs'));
    cell.code(display({ 'text/html': 'x'.repeat(600_000) }));
    expect(readdirSync(outside)).toEqual([]);
    expect(lstatSync(join(workspace, 'replique-outputs')).isSymbolicLink()).toBe(true);
    expect(text()).not.toContain('too large to be shown is in');
  });

  it('is left out where a file stands in the way, or the workspace is gone', () => {
    writeFileSync(join(workspace, 'replique-outputs'), '');
    cell.code(display({ 'text/html': 'x'.repeat(600_000) }));
    rmSync(workspace, { recursive: true });
    cell.code(display({ 'text/html': 'x'.repeat(600_000) }));
    expect(text()).not.toContain('too large to be shown is in');
  });

  it('is bounded in number and size', () => {
    cell.code(...Array.from({ length: 25 }, () => display({ 'text/html': 'x'.repeat(600_000) })));
    expect(kept()).toHaveLength(20);
    cell.code(stream('y'.repeat(70_000_000)));
    expect(text()).toContain('more are not');
  });

  it('what fits makes no file', () => {
    cell.code(stream('x'), display({ 'text/html': `<p>${'x'.repeat(300_000)}</p>` }));
    expect(readdirSync(workspace)).toEqual([]);
  });
});
