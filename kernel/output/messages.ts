import type { LoopEvent } from '../loop/events.ts';
import type { IopubMessage } from './contract.ts';
import { escapeMarkdown } from './format.ts';
import { safeInline } from './firewall/inline.ts';
import { showInvisible } from './firewall/invisible.ts';
import type { Redactor } from './firewall/redact.ts';
import { stripTerminal } from './firewall/terminal.ts';
import type { RepliqueMetadata } from './schema.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A `display_data`; `transient` is an object whether or not there is an id. */
export function displayData(data: Fields, metadata: Fields, displayId?: string): IopubMessage {
  const transient = displayId === undefined ? {} : { display_id: displayId };
  return { msg_type: 'display_data', content: { data, metadata, transient } };
}

export function updateDisplay(data: Fields, metadata: Fields, displayId: string): IopubMessage {
  return {
    msg_type: 'update_display_data',
    content: { data, metadata, transient: { display_id: displayId } },
  };
}

/** `metadata` with the part that is Replique's own. */
export function withReplique(replique: RepliqueMetadata, metadata: Fields = {}): Fields {
  return { ...metadata, replique };
}

const longestNotice = 2000;

/** One quiet line from Replique itself. */
export function noticeMessage(
  text: string,
  redactor: Redactor,
  place: Partial<RepliqueMetadata> = {},
): IopubMessage {
  const { markdown, plain } = quietLine(text, redactor);
  return displayData(
    { 'text/markdown': markdown, 'text/plain': plain },
    withReplique({ kind: 'notice', ...place }),
  );
}

/** A line from Replique itself, as Markdown and as plain text. */
export function quietLine(text: string, redactor: Redactor): { markdown: string; plain: string } {
  const plain = oneLine(text, redactor).slice(0, longestNotice);
  return { markdown: `> ${safeInline(plain)}`, plain };
}

/** What a reader is told of an attempt that failed and of the next one. */
export function retryText({ reason, attempt, waitMs }: Extract<LoopEvent, { type: 'retry' }>): string {
  const when = waitMs < 1000 ? '' : ` in ${Math.ceil(waitMs / 1000)} s`;
  return `${reason} Trying again${when} (attempt ${attempt}).`;
}

/** A person's or model's text within one line: no controls, no secrets, no line breaks. */
export function oneLine(text: string, redactor: Redactor): string {
  return showInvisible(redactor.text(stripTerminal(text)))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** A name in a line of Markdown. */
export function markdownName(name: string, redactor: Redactor): string {
  return escapeMarkdown(oneLine(name, redactor).slice(0, 200));
}
