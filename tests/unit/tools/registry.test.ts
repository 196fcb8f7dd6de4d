import { describe, expect, it } from 'vitest';
import type { ToolPlugin } from '../../../kernel/tools/contract.ts';
import { createToolRegistry } from '../../../kernel/tools/registry.ts';

const tool = (name: string, aliases: readonly string[] = []): ToolPlugin => ({
  name,
  aliases,
  execute: () => Promise.resolve({ status: 'ok', durationMs: 0 }),
  getCapabilities: () => ({ description: name, stateful: false }),
  validateCode: () => Promise.resolve({ ok: true }),
});

describe('the tool registry', () => {
  const python = tool('python', ['py', 'Python3']);
  const bash = tool('bash');
  const registry = createToolRegistry([python, bash]);

  it('finds tools by name and alias, whatever their case', () => {
    expect(registry.get('python')).toBe(python);
    expect(registry.get('PY')).toBe(python);
    expect(registry.get('python3')).toBe(python);
    expect(registry.get('Bash')).toBe(bash);
  });

  it('finds nothing else, whatever it is called', () => {
    for (const name of ['', 'ruby', 'constructor', '__proto__']) expect(registry.get(name)).toBeUndefined();
  });

  it('lists them in order', () => {
    expect(registry.names()).toEqual(['python', 'bash']);
    expect(registry.all()).toEqual([python, bash]);
  });

  it('refuses two of one name', () => {
    expect(() => createToolRegistry([python, tool('PY')])).toThrow('"py"');
  });
});
