import type { Bundle } from '../../sandbox/contract.ts';
import { safeHtml } from '../firewall/html.ts';
import { neutralMacros } from '../firewall/latex.ts';
import type { Redactor } from '../firewall/redact.ts';
import { stripTerminal } from '../firewall/terminal.ts';
import type { WidgetClass } from './classes.ts';
import { safeOutputs } from './outputs.ts';
import {
  plainValue,
  referred,
  safeClasses,
  safeCss,
  safeIcons,
  safeLook,
  safeReference,
  safeReferences,
  safeText,
  withoutTags,
} from './values.ts';

const largest = 4_000_000;
const rasters = ['png', 'jpeg', 'jpg', 'gif', 'webp'];
const formats: Readonly<Record<string, readonly string[]>> = {
  Image: rasters,
  Audio: ['mp3', 'mpeg', 'wav', 'ogg', 'webm', 'aac', 'flac'],
  Video: ['mp4', 'webm', 'ogg'],
};
/** What a link in the page may carry from one widget to another: never what is shown as markup or loaded. */
const linkable = /^(?:value|index|selected_index|min|max|step|interval|playing|disabled)$/;
const neverLinked = [
  'HTML',
  'HTMLMath',
  'Label',
  'Image',
  'Audio',
  'Video',
  'Output',
  'Link',
  'DirectionalLink',
];

/** What the filter must know of the session. */
export interface StateContext {
  readonly redactor: Redactor;
  /** The class of an open model. */
  readonly classOf: (model: string) => WidgetClass | undefined;
  /** The message id of the request that runs, which an Output widget names to catch what it shows. */
  readonly request: string;
}

/**
 * What passes of a widget's state, whether it comes whole or in part: the keys of its class, each by its own rule.
 * Undefined where there is too much of it.
 */
export function safeState(known: WidgetClass, state: Bundle, context: StateContext): Bundle | undefined {
  if (JSON.stringify(state).length > largest) return undefined;
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(state)) {
    if (!known.keys.has(key)) continue;
    const safe = safeValue(known, key, context.redactor.json(value), context);
    if (safe !== undefined) kept[key] = safe;
  }
  return kept;
}

function safeValue(known: WidgetClass, key: string, value: unknown, context: StateContext): unknown {
  switch (key) {
    case '_dom_classes':
      return safeClasses(value);
    case 'layout':
    case 'style':
      return safeReference(value);
    case 'children':
      return safeReferences(value);
    case 'icon':
    case 'icons':
      return safeIcons(value);
    case 'button_style':
    case 'box_style':
    case 'bar_style':
    case 'tag_style':
      return safeLook(value);
    case 'description':
    case 'titles':
    case '_titles':
    case 'tooltip':
    case 'tooltips':
    case '_options_labels':
      return inert(value);
    case 'source':
    case 'target':
      return safeEnd(value, context);
    case 'outputs':
      return safeOutputs(value, context.redactor);
    case 'msg_id':
      return value === '' ? '' : context.request;
    default:
      return byClass(known, key, value);
  }
}

function byClass({ name, module }: WidgetClass, key: string, value: unknown): unknown {
  if (module === '@jupyter-widgets/base' || name.endsWith('Style')) return safeCss(key, value);
  const allowedFormats = key === 'format' ? formats[name] : undefined;
  if (allowedFormats !== undefined) {
    return typeof value === 'string' && allowedFormats.includes(value) ? value : undefined;
  }
  if (key !== 'value') return plainValue(value);
  switch (name) {
    case 'HTML':
    case 'HTMLMath':
      return typeof value === 'string' ? shownHtml(value) : undefined;
    case 'Label':
      return inert(value);
    case 'Image':
    case 'Audio':
    case 'Video':
      return undefined;
    default:
      return plainValue(value);
  }
}

/** Text beside a control, in which mathematics is typeset. */
function inert(value: unknown): unknown {
  const plain = withoutTags(plainValue(value));
  return typeof plain === 'string' ? neutralMacros(plain) : plain;
}

function shownHtml(value: string): string {
  const text = safeText(stripTerminal(value));
  return text === undefined ? '' : neutralMacros(safeHtml(text)?.html ?? '', '&#92;');
}

/** One end of a link that the page itself keeps: both what it joins and the model's class must be known. */
function safeEnd(value: unknown, { classOf }: StateContext): unknown {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [reference, key] = value as unknown[];
  const model = referred(reference);
  const linked = model === undefined ? undefined : classOf(model);
  if (linked === undefined || neverLinked.includes(linked.name)) return undefined;
  return typeof key === 'string' && linkable.test(key) && linked.keys.has(key) ? value : undefined;
}
