import { describe, expect, it } from 'vitest';
import { Lanes } from '../../../kernel/interpreter/attempts/lanes.ts';
import type { CellEvent } from '../../../kernel/loop/events.ts';

const heading = (name: string) => ({ type: 'attempt', name, what: 'm' }) as const;
const notice = (text: string): CellEvent => ({ type: 'notice', text });
const output = (text: string): CellEvent => ({
  ...{ type: 'helper-output', turn: 1, helper: 1 },
  output: { kind: 'stream', name: 'stdout', text },
});

function started(names: readonly string[]): { readonly lanes: Lanes; readonly shown: string[] } {
  const shown: string[] = [];
  const emit = (event: CellEvent): void => {
    if (event.type === 'attempt') shown.push(`# ${event.name}`);
    else if (event.type === 'notice') shown.push(event.text);
    else shown.push(event.type);
  };
  return { lanes: new Lanes(emit, names.map(heading)), shown };
}

describe('what happens side by side', () => {
  it('is shown one after the other, the first as it happens', () => {
    const { lanes, shown } = started(['a', 'b', 'c']);
    lanes.emitOf(1)(notice('b1'));
    lanes.emitOf(0)(notice('a1'));
    expect(shown).toEqual(['# a', 'a1']);
    lanes.emitOf(2)(notice('c1'));
    lanes.end(2);
    lanes.end(0);
    lanes.emitOf(0)(notice('too late'));
    lanes.emitOf(1)(notice('b2'));
    expect(shown).toEqual(['# a', 'a1', '# b', 'b1', 'b2']);
    lanes.end(1);
    expect(shown).toEqual(['# a', 'a1', '# b', 'b1', 'b2', '# c', 'c1']);
  });

  it('is held back within a bound; what was left out is said', () => {
    const { lanes, shown } = started(['a', 'b']);
    for (let n = 0; n < 6; n += 1) lanes.emitOf(1)(output('x'.repeat(1_000_000)));
    lanes.emitOf(1)(notice('the end'));
    lanes.end(0);
    expect(shown.filter((each) => each === 'helper-output')).toHaveLength(3);
    expect(shown.at(-1)).toMatch(/^3 outputs of this branch came while another was shown/);
    expect(shown).toContain('the end');
    lanes.emitOf(1)(output('x'.repeat(5_000_000)));
    expect(shown.at(-1)).toBe('helper-output');
  });
});
