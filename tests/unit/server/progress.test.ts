import { describe, expect, it } from 'vitest';
import { formatBytes, formatSeconds } from '../../../server/cli/terminal/format.ts';
import { TerminalProgress } from '../../../server/cli/terminal/progress.ts';
import { formatReport } from '../../../server/cli/terminal/report.ts';
import { RecordingOut } from './temporary.ts';

const bytes = (done: number, total = 1_000_000) =>
  ({ label: 'Weights', done, total, unit: 'bytes' }) as const;

describe('sizes and times', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [123_456, '123 kB'],
    [1_117_320_768, '1.1 GB'],
    [-5, '0 B'],
    [5e15, '5000 TB'],
  ])('%d bytes are %s', (value, text) => {
    expect(formatBytes(value)).toBe(text);
  });

  it('seconds turn into minutes', () => {
    expect([0.4, 59.4, 200, -1].map(formatSeconds)).toEqual(['0 s', '59 s', '3 min 20 s', '0 s']);
  });
});

describe('the progress display', () => {
  it('writes plain lines, at most one in five seconds, where there is no terminal', () => {
    const out = new RecordingOut();
    let now = 0;
    const display = new TerminalProgress(out, () => now);
    display.step('Fetching');
    for (now = 0; now <= 9000; now += 100) display.progress(bytes(now * 100));
    expect(out.text.split('\n')).toEqual([
      'Fetching',
      'Weights  0 %  0 B of 1.0 MB',
      'Weights  50 %  500 kB of 1.0 MB  100 kB/s  5 s left',
      '',
    ]);
  });

  it('shows the end at once, and begins anew with another label', () => {
    const out = new RecordingOut();
    const display = new TerminalProgress(out, () => 1000);
    display.progress(bytes(1));
    display.progress(bytes(1_000_000));
    display.progress({ label: 'Packages', done: 3, total: 9, unit: 'packages', bytes: 2_000_000 });
    expect(out.text).toContain('Weights  100 %');
    expect(out.text).toContain('Packages  33 %  3 of 9 packages  2.0 MB');
  });

  it('redraws one line with a bar at a terminal and ends it before the next step', () => {
    const out = new RecordingOut(true);
    let now = 0;
    const display = new TerminalProgress(out, () => now);
    display.progress(bytes(250_000));
    now = 50;
    display.progress(bytes(260_000)); // too soon to draw
    now = 1000;
    display.progress(bytes(500_000));
    display.step('Next');
    expect(out.text.match(/\r/g)).toHaveLength(2);
    expect(out.text).toContain('█'.repeat(12) + '░'.repeat(12));
    expect(out.text).toContain('250 kB/s');
    expect(out.text.endsWith('\nNext\n')).toBe(true);
    expect(out.text.split('\n').every((line) => (line.split('\r').at(-1)?.length ?? 0) < 110)).toBe(true);
  });

  it('shows what there is where the total is not known', () => {
    const out = new RecordingOut();
    new TerminalProgress(out, () => 0).progress(bytes(2000, 0));
    expect(out.text).toBe('Weights  2.0 kB\n');
  });
});

describe('the system check in the terminal', () => {
  const line = { name: 'Python', ok: true, needed: true, detail: '3.11' };

  it('says the remedy of each failure, and the verdict', () => {
    const failed = {
      ...line,
      name: 'Sandbox',
      ok: false,
      detail: 'no bwrap',
      remedy: 'apt-get install bubblewrap',
    };
    const optional = { ...line, name: 'Ollama', ok: false, needed: false, detail: 'not running' };
    const text = formatReport({ ok: false, lines: [line, failed, optional] });
    expect(text).toContain('✓ Python   3.11');
    expect(text).toContain('✗ Sandbox  no bwrap');
    expect(text).toContain('→ apt-get install bubblewrap');
    expect(text).toContain('– Ollama');
    expect(text).toContain('can’t run');
  });

  it('is ready where everything is fine', () => {
    expect(formatReport({ ok: true, lines: [line] })).toMatch(/Ready\.$/);
  });
});
