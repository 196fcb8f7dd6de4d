import { describe, expect, it } from 'vitest';
import { nodeLine, systemCheck } from '../../../kernel/check/system-check.ts';
import type { Config } from '../../../kernel/config.ts';
import type { CheckLine } from '../../../kernel/protocol/setup.ts';
import { configWith } from '../../support/provider-tools.ts';

async function lines(changes: Partial<Config>): Promise<{ ok: boolean; of: (name: string) => CheckLine }> {
  const report = await systemCheck(configWith(changes), new AbortController().signal);
  const of = (name: string): CheckLine => {
    const line = report.lines.find((candidate) => candidate.name.startsWith(name));
    if (!line) throw new Error(`There is no line ${name}: ${report.lines.map((l) => l.name).join(', ')}`);
    return line;
  };
  return { ok: report.ok, of };
}

describe('the system check', () => {
  it.each([
    ['20.19.0', true],
    ['24.1.0', true],
    ['20.18.9', false],
    ['18.20.0', false],
  ])('takes Node %s as good enough: %s', (version, ok) => {
    expect(nodeLine(version)).toMatchObject({ ok, needed: true, detail: version });
    expect(nodeLine(version).remedy === undefined).toBe(ok);
  });

  it('names Python, every sandbox layer, provider, model and disk', async () => {
    const { of } = await lines({ provider: 'mock' });
    expect(of('Python')).toMatchObject({ ok: true });
    expect(of('Sandbox')).toMatchObject({ ok: true, needed: true });
    expect(of('Provider').detail).toContain('mock');
    expect(of('Model')).toMatchObject({ ok: false });
    for (const other of ['ollama', 'groq', 'openai'])
      expect(of(`Also ${other}`)).toMatchObject({ needed: false });
    expect(of('Disk').detail).toMatch(/GB free/);
  });

  it('fails, with the remedy, where a part that is needed is missing', async () => {
    const { ok, of } = await lines({ provider: 'groq', python: '/no/such/python' });
    expect(ok).toBe(false);
    expect(of('Python')).toMatchObject({ ok: false, needed: true });
    expect(of('Provider').remedy).toContain('GROQ_API_KEY');
  });
});
