const shortest = 6;
const mask = '[redacted]';
const deepest = 64;

/** Removes secret values, and their JSON, URL, HTML, hex and base64 forms, from whatever is shown. */
export interface Redactor {
  text(text: string): string;
  /** Length of the end of `text` that may be the beginning of a secret, to hold back until more is known. */
  unsure(text: string): number;
  /** Every string within a JSON value, keys included. */
  json(value: unknown): unknown;
}

/** A redactor for the given values; those shorter than 6 characters are too common to be looked for. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const patterns = [...new Set(secrets.filter((s) => s.length >= shortest).flatMap(formsOf))].sort(
    (a, b) => b.length - a.length,
  );
  const text = (value: string): string => {
    let shown = value;
    for (const pattern of patterns) if (shown.includes(pattern)) shown = shown.replaceAll(pattern, mask);
    return shown;
  };
  const json = (value: unknown, depth = 0): unknown => {
    if (typeof value === 'string') return text(value);
    if (value === null || typeof value !== 'object' || depth > deepest) return value;
    if (Array.isArray(value)) return value.map((item) => json(item, depth + 1));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [text(key), json(item, depth + 1)]));
  };
  const unsure = (value: string): number =>
    value === '' ? 0 : patterns.reduce((most, pattern) => Math.max(most, overlap(value, pattern, most)), 0);
  return { text, unsure, json: (value) => (patterns.length === 0 ? value : json(value)) };
}

/** The longest end of `text`, above `least`, that is a proper beginning of `pattern`. */
function overlap(text: string, pattern: string, least: number): number {
  const last = text.at(-1) ?? '';
  const longest = Math.min(pattern.length - 1, text.length);
  for (let end = pattern.lastIndexOf(last, longest - 1); end >= least && end >= 0;) {
    if (text.endsWith(pattern.slice(0, end + 1))) return end + 1;
    end = end === 0 ? -1 : pattern.lastIndexOf(last, end - 1);
  }
  return 0;
}

function formsOf(secret: string): string[] {
  const html = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const hex = Buffer.from(secret).toString('hex');
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    html,
    encodeURIComponent(secret.replaceAll(/\p{Surrogate}/gu, '')),
    hex,
    hex.toUpperCase(),
    ...base64Forms(secret),
  ].filter((form) => form.length >= shortest);
}

/** What base64 makes of the secret at each of the three alignments, without the characters its neighbours share. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const form = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    return form.length < 8 ? [] : [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
