import type { AuditEvent, AuditVerdict } from '../../../kernel/protocol/audit.ts';

const marks = { intact: '✓', interrupted: '–', broken: '✗' } as const;
const capsule = ['session', 'user', 'version', 'pid', 'uid', 'previous', 'limits'];
const hashChars = 12;
/** A text that can't be taken for more than one value. */
const bare = /^[\w.:/@+-]+$/;

/** One session's verdict for a terminal. */
export function formatVerdict(verdict: AuditVerdict): string {
  const { name, status, events, files, ended, problem } = verdict;
  const size = `${plural(events, 'event')} in ${plural(files, 'file')}`;
  const state = ended || status === 'broken' ? '' : ', no end: the kernel still runs, or was killed';
  const line = printable(`${marks[status]} ${name}  ${status}, ${size}${state}`);
  return problem === undefined ? line : `${line}\n    ${printable(problem)}`;
}

/** One event for a terminal: when, session, kind, and what it says. */
export function formatEvent(event: AuditEvent): string {
  const kind = event.__schema__.slice(event.__schema__.lastIndexOf(':') + 1);
  const details = Object.entries(event)
    .filter(([key]) => !key.startsWith('__') && !capsule.includes(key))
    .map(([key, value]) => `${key}=${shown(key, value)}`);
  const when = event.__timestamp__.replace('T', ' ').replace(/\..*$/, '');
  return printable([when, event.session.slice(0, 8), kind.padEnd(15), ...details].join('  '));
}

function shown(key: string, value: unknown): string {
  if (key.endsWith('_sha256')) return String(value).slice(0, hashChars);
  return typeof value === 'string' && bare.test(value) ? value : JSON.stringify(value);
}

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** A file may hold anything: nothing of it is to steer the terminal. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '\u{fffd}');
