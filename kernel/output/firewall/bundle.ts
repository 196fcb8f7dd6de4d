import { z } from 'zod';
import type { Bundle } from '../../sandbox/contract.ts';
import { framed, needsFrame } from './frame.ts';
import { safeHtml } from './html.ts';
import { safeImage } from './image.ts';
import { showInvisible } from './invisible.ts';
import { safeJson } from './json.ts';
import { safeLatex } from './latex.ts';
import { safeMarkdown } from './markdown.ts';
import { safeMetadata } from './metadata.ts';
import type { Redactor } from './redact.ts';
import { wellFormed } from './stream.ts';
import { safeSvg } from './svg.ts';
import { filterTerminal, stripTerminal } from './terminal.ts';

const largestText = 1_000_000;
const largestMarkdown = 256_000;
const mostTypes = 50;

export interface SafeBundle {
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  /** What was taken out, one sentence each, for the reader. */
  readonly notices: readonly string[];
  /** MIME types of what was taken out, whole or in part. */
  readonly refused: readonly string[];
}

const images = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

const names: ReadonlyMap<string, string> = new Map([
  ['application/javascript', 'JavaScript'],
  ['text/javascript', 'JavaScript'],
  ['application/ecmascript', 'JavaScript'],
  ['application/vnd.jupyter.widget-view+json', 'A widget'],
  ['application/vnd.plotly.v1+json', 'An interactive Plotly figure'],
]);

const widgetView = 'application/vnd.jupyter.widget-view+json';
const view = z.object({
  model_id: z.string(),
  version_major: z.literal(2),
  version_minor: z.int().min(0).max(1000),
});

type IsOpen = (model: string) => boolean;

/** The view of a widget whose model went through the firewall. */
function safeView(value: unknown, isOpen: IsOpen): unknown {
  const parsed = view.safeParse(value);
  return parsed.success && isOpen(parsed.data.model_id) ? parsed.data : undefined;
}

/** What one MIME type's data becomes; undefined where it can't be shown. */
function safeData(
  type: string,
  value: unknown,
  redactor: Redactor,
  isOpen: IsOpen,
): { data: unknown; notice?: string } | undefined {
  if (images.includes(type)) return wrap(safeImage(type, value));
  if (type === widgetView) return wrap(safeView(value, isOpen));
  if (type === 'application/json') return wrap(safeJson(redactor.json(value)));
  if (typeof value !== 'string') return undefined;
  const text = redactor.text(wellFormed(value));
  switch (type) {
    case 'text/plain':
      return { data: plainText(text) };
    case 'text/html': {
      if (needsFrame(text)) return wrap(framed(text));
      const safe = safeHtml(showInvisible(stripTerminal(text)));
      if (safe === undefined) return undefined;
      const notice =
        'Scripts from elsewhere and embedded pages in HTML output are not shown: code that draws with a script must have the whole script in its HTML.';
      return { data: redactor.text(safe.html), ...(safe.reduced && { notice }) };
    }
    case 'text/markdown':
      return text.length > largestMarkdown ? undefined : { data: safeMarkdown(stripTerminal(text)) };
    case 'text/latex':
      return wrap(safeLatex(showInvisible(stripTerminal(text))));
    case 'image/svg+xml':
      return wrap(safeSvg(showInvisible(stripTerminal(text))));
    default:
      return undefined;
  }
}

const wrap = (data: unknown): { data: unknown } | undefined => (data === undefined ? undefined : { data });

function plainText(text: string): string {
  const shown = showInvisible(filterTerminal(text.slice(0, largestText)));
  const more = text.length - largestText;
  return more > 0 ? `${shown}\n[${more} more characters are not shown]` : shown;
}

/**
 * A helper's bundle as a reader may see it: MIME types of the allow-list only, each through its own rule.
 * `text/plain` is always there.
 * @param isOpen whether a widget's model may be shown
 */
export function safeBundle(
  data: Bundle,
  metadata: Bundle,
  redactor: Redactor,
  isOpen: IsOpen = () => false,
): SafeBundle {
  const kept: Record<string, unknown> = {};
  const notices: string[] = [];
  const refused: string[] = [];
  for (const [type, value] of Object.entries(data).slice(0, mostTypes)) {
    const safe = safeData(type, value, redactor, isOpen);
    if (safe !== undefined) kept[type] = safe.data;
    const notice = safe === undefined ? dropped(type) : safe.notice;
    if (notice === undefined) continue;
    notices.push(notice);
    refused.push(safeName(type) ?? 'unknown');
  }
  kept['text/plain'] ??= notices.length > 0 ? `[${notices.join(' ')}]` : '[no text form]';
  return { data: kept, metadata: safeMetadata(metadata, Object.keys(kept)), notices, refused };
}

function dropped(type: string): string {
  const name = safeName(type) ?? 'of an unknown type';
  return `${names.get(type) ?? `Output ${name}`} is not shown: it could act in this page, is too large or is not valid.`;
}

const safeName = (type: string): string | undefined =>
  /^[a-z]+\/[\w.+-]{1,80}$/i.test(type) ? type : undefined;
