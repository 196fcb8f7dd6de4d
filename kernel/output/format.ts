import type { TurnSummary } from '../loop/events.ts';

type Usage = TurnSummary['usage'];

/** A whole number in groups of three: `1 914`. */
export function formatCount(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(?:\d{3})+$)/g, ' ');
}

/** A duration as people say it: `1.9 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** US dollars with four decimals. */
export function formatCost(dollars: number): string {
  return dollars > 0 && dollars < 0.00005 ? '< $0.0001' : `$${dollars.toFixed(4)}`;
}

/** `412 → 96 tokens`, with `≈` where they were estimated. */
export function formatUsage(usage: Usage): string {
  return `${usage.estimated ? '≈ ' : ''}${formatCount(usage.inputTokens)} → ${formatCount(usage.outputTokens)} tokens`;
}

/** `1 turn`, `2 turns`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A short text within a line of Markdown, read as it is written. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*_[\]<>&!|~#$@]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll(/\s+/g, ' ');
}
