import { describe, expect, it } from 'vitest';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import { outputMessage } from '../../../server/outputs.ts';
import { TerminalShow, whatIsNew } from '../../../server/cli/run/show.ts';
import { RecordingOut, environment } from './temporary.ts';

type Step = readonly [type: string, content: Record<string, unknown>];

const turn = (type: 'display_data' | 'update_display_data', text: string, streaming = true): Step => [
  type,
  {
    data: { 'text/plain': text, 'text/markdown': '…' },
    metadata: { replique: { kind: 'turn', ...(streaming && { streaming }) } },
    transient: { display_id: 't' },
  },
];

function shown(steps: readonly Step[], colours = false): string {
  const out = new RecordingOut();
  const show = new TerminalShow(out, colours);
  for (const [type, content] of steps) {
    const message = outputMessage(makeMessage(type, 's', content));
    if (message) show.show(message);
  }
  return out.text;
}

describe('a cell in the terminal', () => {
  it('shows a turn as it grows, each piece once', () => {
    const steps = [
      turn('display_data', 'turn 1 · qwen'),
      turn('update_display_data', 'turn 1 · qwen\nI look'),
      turn('update_display_data', 'turn 1 · qwen\nI look.\n```python\npri\n```'),
      turn('update_display_data', 'turn 1 · qwen\nI look.\n```python\nprint(1)\n```'),
      turn('update_display_data', 'turn 1 · qwen · 4 → 9 tokens\nI look.\n```python\nprint(1)\n```', false),
      ['stream', { name: 'stdout', text: '1\n' }] as const,
    ];
    expect(shown(steps)).toBe('turn 1 · qwen\nI look.\n```python\nprint(1)\n```\n1\n');
  });

  it('shows an answer whose heading goes away at the end', () => {
    const steps = [
      turn('display_data', 'turn 1 · qwen'),
      turn('update_display_data', 'turn 1 · qwen\nThree'),
      turn('update_display_data', 'Three.', false),
    ];
    expect(shown(steps)).toBe('turn 1 · qwen\nThree.');
  });

  it('shows an answer that comes in one piece', () => {
    const steps = [turn('display_data', 'turn 1 · qwen'), turn('update_display_data', 'Three.', false)];
    expect(shown(steps)).toBe('turn 1 · qwen\nThree.');
  });

  it('begins a line for a stream after a notice, not between pieces of one', () => {
    const steps: Step[] = [
      ['display_data', { data: { 'text/plain': 'notice' }, metadata: {} }],
      ['stream', { name: 'stdout', text: 'a' }],
      ['stream', { name: 'stderr', text: 'b\n' }],
    ];
    expect(shown(steps)).toBe('notice\nab\n');
  });

  it('begins a line for what follows another output', () => {
    const steps: Step[] = [
      turn('display_data', 'one'),
      ['display_data', { data: { 'image/png': 'AAAA' }, metadata: {} }],
      ['execute_result', { data: { 'text/plain': '4' }, metadata: {}, execution_count: 2 }],
      turn('update_display_data', 'one\ntwo'),
      ['clear_output', {}],
    ];
    expect(shown(steps)).toBe('one\n[image/png]\nOut[2]: 4\ntwo');
  });

  it('shows errors with their traceback, in colour only where asked for', () => {
    const error: Step = ['error', { ename: 'E', evalue: 'v', traceback: ['\u001b[31mE\u001b[0m: v'] }];
    const bare: Step = ['error', { ename: 'TurnLimit', evalue: 'no answer', traceback: [] }];
    expect(shown([error, bare])).toBe('E: v\nTurnLimit: no answer\n');
    expect(shown([error], true)).toContain('\u001b[31m');
  });

  it('shows nothing of a prompt that a terminal would obey', () => {
    const out = new RecordingOut(true);
    new TerminalShow(out, true).prompt(1, 'a\r\n\tb \u001b]52;c;AAAA\u0007\u001b[2J\u009b1A\rc');
    expect(out.text).toContain('a\n        \tb \ufffd]52;c;AAAA\ufffd\ufffd[2J\ufffd1A\ufffdc\n');
  });

  it('shows the prompt, indented under its number', () => {
    const out = new RecordingOut(true);
    environment({ NO_COLOR: '1' });
    new TerminalShow(out).prompt(12, 'a\nb');
    expect(out.text).toBe('\nIn [12]: a\n         b\n\n');
  });
});

describe('what is new in a text', () => {
  it.each([
    ['a', 'ab', { more: 'b', sameLine: true }],
    ['a', 'a', { more: '', sameLine: true }],
    ['50 %', '60 %', { more: '60 %', sameLine: false }],
    ['h\nx', 'H\nxy', { more: 'y', sameLine: true }],
    ['h', 'H\ny', { more: 'y', sameLine: false }],
    ['h\nx\ny', 'H\nX\nY\nz', { more: 'Y\nz', sameLine: false }],
  ])('from %j to %j', (before, after, expected) => {
    expect(whatIsNew(before, after)).toEqual(expected);
  });
});
