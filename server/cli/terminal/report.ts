import type { CheckReport } from '../../../kernel/protocol/setup.ts';

/** The system check as lines for a terminal, each failure with its remedy. */
export function formatReport(report: CheckReport): string {
  const width = Math.max(0, ...report.lines.map(({ name }) => name.length));
  const lines = report.lines.flatMap(({ name, ok, needed, detail, remedy }) => {
    const mark = ok ? '✓' : needed ? '✗' : '–';
    const line = `  ${mark} ${name.padEnd(width)}  ${detail}`;
    return ok || remedy === undefined ? [line] : [line, `    ${' '.repeat(width)}  → ${remedy}`];
  });
  const verdict = report.ok ? 'Ready.' : 'The main job can’t run until what is marked ✗ is mended.';
  return ['System check', ...lines, verdict].join('\n');
}
