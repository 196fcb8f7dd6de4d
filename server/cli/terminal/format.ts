const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A size for people, in powers of 1000: `1.1 GB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(unit > 0 && value < 99.95 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** A span of time for people: `42 s`, `3 min 20 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

const colours = /\u001b\[[0-9;]*m/g;

/** The text without colours. */
export const withoutColours = (text: string): string => text.replace(colours, '');

/** The text with nothing that a terminal would obey: of what a notebook holds, no kernel has taken that out. */
export const withoutControls = (text: string): string =>
  text.replace(/\r\n/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
