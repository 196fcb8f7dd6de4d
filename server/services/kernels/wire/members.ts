/** The members of a JSON object as text, each as it stands: what is only passed on keeps its numbers and its spaces. */
export function membersOf(json: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  let at = skipSpace(json, 0) + 1;
  for (;;) {
    at = skipSpace(json, at);
    if (json[at] !== '"') return members;
    const keyEnd = endOfString(json, at);
    const key = JSON.parse(json.slice(at, keyEnd)) as string;
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const end = endOfValue(json, start);
    members.set(key, json.slice(start, end));
    at = skipSpace(json, end) + 1;
  }
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (at < json.length && ' \t\n\r'.includes(json.charAt(at))) at += 1;
  return at;
}

/** Index behind a string that begins at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === 0x5c) at += 1;
    else if (code === 0x22) return at + 1;
  }
  return json.length;
}

/** Index behind a value, which is valid JSON. */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === 0x22) at = endOfString(json, at) - 1;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (depth === 0 && (code === 0x2c || code === 0x7d || code === 0x5d)) return at;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return json.length;
}
