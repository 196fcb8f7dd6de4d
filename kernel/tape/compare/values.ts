/**
 * The declared rules by which two texts are the same though their volatile values differ: docs/tape.md lists them. A rule
 * names a form; two values of the form are alike by the rule's own test. Everything else must be equal.
 */
interface Rule {
  readonly name: string;
  /** What has the form; without groups of its own. */
  readonly form: string;
  readonly alike: (recorded: string, found: string, about: About) => boolean;
}

/** What else is known where two values are compared. */
export interface About {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The line in which the values stand says how long something took. */
  readonly isTiming: boolean;
  /** The cell says that its results are random: numbers may be any. */
  readonly isRandom: boolean;
}

const dayMs = 86_400_000;
const relative = 1e-6;
const absolute = 1e-12;

const always = (): boolean => true;

/** The first rule whose form fits is the one that counts. */
const rules: readonly Rule[] = [
  { name: 'address in memory', form: '0x[0-9a-fA-F]{6,16}\\b', alike: always },
  {
    name: 'identifier (UUID)',
    form: '\\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\\b',
    alike: always,
  },
  {
    name: 'temporary path',
    form: '(?<![\\w.])/(?:tmp|var/tmp|var/folders)/[\\w./+-]{1,300}|\\btmp[a-z0-9_]{8}\\b',
    alike: always,
  },
  {
    name: 'the present moment',
    form: '\\b\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d(?::\\d\\d(?:[.,]\\d{1,9})?)?(?:Z|[+-]\\d\\d:?\\d\\d)?',
    alike: (recorded, found, { now }) => recorded === found || isNear(found, now),
  },
  {
    name: 'time that something took',
    form: '(?<![\\w.])\\d{1,9}(?:\\.\\d{1,9})?(?: ?(?:ns|µs|us|ms|s|secs?|seconds?|min|minutes?)\\b)',
    alike: (recorded, found, { isTiming }) => recorded === found || isTiming,
  },
  {
    name: 'number of a process',
    form: '\\b(?:pid|PID|process)[ :=]{1,3}\\d{1,8}\\b',
    alike: always,
  },
  {
    name: 'number',
    form: '(?<![\\w.])-?\\d{1,30}(?:\\.\\d{1,30})?(?:[eE][+-]?\\d{1,4})?(?![\\w])',
    alike: (recorded, found, about) =>
      recorded === found || about.isRandom || isMoment(found, recorded, about) || isClose(recorded, found),
  },
];

/** Whole numbers are exact; others may differ by what another processor's arithmetic makes of them. */
function isClose(recorded: string, found: string): boolean {
  if (!/[.eE]/.test(recorded) || !/[.eE]/.test(found)) return false;
  const [a, b] = [Number(recorded), Number(found)];
  return Math.abs(a - b) <= Math.max(absolute, relative * Math.max(Math.abs(a), Math.abs(b)));
}

/** A date and time, in whatever zone, within a day of now: it is the time at which the code ran. */
function isNear(text: string, now: number): boolean {
  const iso = text.replace(' ', 'T').replace(',', '.');
  const at = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
  return Math.abs(at - now) < dayMs;
}

/** Seconds or milliseconds since 1970. */
function isMoment(found: string, recorded: string, { now }: About): boolean {
  const [seconds, then] = [Number(found), Number(recorded)];
  const scale = seconds > 1e11 ? 1 : 1000;
  return Math.abs(seconds * scale - now) < dayMs && then * scale > 1.4e12 && then * scale < now + dayMs;
}

const anyForm = new RegExp(rules.map(({ form }) => `(${form})`).join('|'), 'g');
const longestLine = 100_000;
const timing =
  /\b(?:took|takes|elapsed|wall|cpu times?|duration|runtime|per loop|finished in|done in|time)\b|±/i;

/** Whether two lines say the same. */
export function alikeLines(recorded: string, found: string, about: Omit<About, 'isTiming'>): boolean {
  if (recorded === found) return true;
  if (recorded.length > longestLine) return false;
  const [before, after] = [partsOf(recorded), partsOf(found)];
  if (before.length !== after.length) return false;
  const context = { ...about, isTiming: timing.test(recorded) && timing.test(found) };
  return before.every((part, index) => {
    const other = after[index];
    if (other === undefined || part.rule !== other.rule) return false;
    if (part.rule === undefined) return spaced(part.text) === spaced(other.text);
    return rules[part.rule]?.alike(part.text, other.text, context) === true;
  });
}

/** Tables are padded to the width of their values. */
const spaced = (text: string): string => text.replaceAll(/[ \t]+/g, ' ');

/** A line as texts between values and values, each with the number of its rule. */
function partsOf(line: string): { readonly text: string; readonly rule?: number }[] {
  const parts: { text: string; rule?: number }[] = [];
  let at = 0;
  for (const match of line.matchAll(anyForm)) {
    parts.push({ text: line.slice(at, match.index) });
    const groups: readonly (string | undefined)[] = match.slice(1);
    parts.push({ text: match[0], rule: groups.findIndex((group) => group !== undefined) });
    at = match.index + match[0].length;
  }
  parts.push({ text: line.slice(at) });
  return parts;
}
