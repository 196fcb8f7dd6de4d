const largest = 1_000_000;
const deepest = 32;

/** A JSON value that a tree view can show: at most 1 MB and 32 levels. Undefined where it is more. */
export function safeJson(value: unknown): unknown {
  if (value === undefined || isTooDeep(value, 0)) return undefined;
  return JSON.stringify(value).length > largest ? undefined : value;
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  return depth >= deepest || Object.values(value).some((item) => isTooDeep(item, depth + 1));
}
