/**
 * Characters that change how text is read without being seen (Trojan Source, CVE-2021-42574; Unicode tag characters),
 * written as ⟦U+202E⟧.
 */

/** A flag emoji made of tag characters is left as it is: the first alternative wins. */
const inProse = /\u{1f3f4}[\u{e0020}-\u{e007f}]{1,8}|[\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/gu;
const inProseQuick = /[\u202a-\u202e\u2066-\u2069\udb40]/;

/** A joiner within an emoji is left as it is. */
const inCode =
  /[\p{Extended_Pictographic}\ufe0f\u{1f3fb}-\u{1f3ff}]\u200d(?=\p{Extended_Pictographic})|[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
const inCodeQuick =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb\udb40-\udb43]/;

function show(found: string): string {
  if (found.startsWith('\u{1f3f4}') || found.includes('\u200d', 1)) return found;
  const code = found.codePointAt(0) ?? 0;
  return `⟦U+${code.toString(16).toUpperCase().padStart(4, '0')}⟧`;
}

/** Text to read: direction overrides and tag characters become visible, what languages and emoji need stays. */
export function showInvisible(text: string): string {
  return inProseQuick.test(text) ? text.replaceAll(inProse, show) : text;
}

/** Code to read: every character that can't be seen becomes visible. */
export function showInvisibleInCode(code: string): string {
  return inCodeQuick.test(code) ? code.replaceAll(inCode, show) : code;
}
