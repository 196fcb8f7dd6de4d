import type { Attributes, IOptions, Tag } from 'sanitize-html';
import { safeImageAddress } from './image.ts';
import { misleads, safeAddress } from './links.ts';
import { sanitize } from './sanitize.ts';
import { htmlProperties, safeStyle } from './style.ts';

const largest = 500_000;

const tags = (
  'a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 ' +
  'hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul var'
).split(' ');

const plainAttributes =
  'align alt border colspan dir height lang open rowspan scope span start title valign width'.split(' ');

/** Classes that the notebook's own styles give a look to; any other could imitate its controls. */
const classes = new Set(['dataframe']);

const options: IOptions = {
  allowedTags: tags,
  allowedAttributes: { '*': [...plainAttributes, 'style', 'class'], a: ['href', 'rel'], img: ['src'] },
  allowedSchemes: ['http', 'https', 'mailto', 'data'],
  allowProtocolRelative: false,
  parseStyleAttributes: false,
  disallowedTagsMode: 'discard',
  nonTextTags: [
    'script',
    'style',
    'textarea',
    'option',
    'select',
    'noscript',
    'template',
    'xmp',
    'title',
    'iframe',
    'noembed',
    'noframes',
    'object',
    'embed',
    'svg',
    'math',
    'plaintext',
  ],
  transformTags: { img: safeImg, '*': safeTag },
};

const inert = /<(?:script|iframe|object|embed|form|link|svg|math)[\s/>]/i;

export interface SafeHtml {
  readonly html: string;
  /** Whether something that could act was taken out, which the reader should know. */
  readonly reduced: boolean;
}

/**
 * HTML without anything that runs, loads, covers the page or sends: a strict allow-list. Undefined where nothing that
 * can be seen is left, or where there is more than 500 kB of it.
 */
export function safeHtml(html: string): SafeHtml | undefined {
  if (html.length > largest) return undefined;
  const sanitized = sanitize(html, options);
  if (sanitized === undefined) return undefined;
  const clean = showAddresses(sanitized);
  const visible = /<(?:img|hr)\b/.test(clean) || /\S/.test(clean.replaceAll(/<[^>]*>/g, ''));
  return visible ? { html: clean, reduced: inert.test(html) } : undefined;
}

function safeTag(name: string, attributes: Attributes): Tag {
  const kept: Attributes = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (plainAttributes.includes(key)) kept[key] = value.slice(0, 1000);
  }
  const style =
    attributes['style'] === undefined ? undefined : safeStyle(attributes['style'], htmlProperties, false);
  if (style !== undefined) kept['style'] = style;
  const known = (attributes['class'] ?? '').split(/\s+/).filter((name) => classes.has(name));
  if (known.length > 0) kept['class'] = known.join(' ');
  if (name === 'img' && attributes['src'] !== undefined) kept['src'] = attributes['src'];
  const address = name === 'a' ? safeAddress(attributes['href'] ?? '') : undefined;
  if (address !== undefined) Object.assign(kept, { href: address, rel: 'noopener noreferrer nofollow' });
  return { tagName: name, attribs: kept };
}

/** An image whose data is in the page stays; any other becomes text. */
function safeImg(_name: string, attributes: Attributes): Tag {
  const source = attributes['src'] ?? '';
  const address = safeImageAddress(source);
  if (address !== undefined) return { tagName: 'img', attribs: { ...attributes, src: address } };
  const alt = attributes['alt'] ? `${attributes['alt'].slice(0, 200)}: ` : '';
  return { tagName: 'span', attribs: {}, text: `[image not loaded: ${alt}${source.slice(0, 200)}]` };
}

/** Puts the real address behind each link whose text is another one. Works on the sanitizer's output only. */
function showAddresses(clean: string): string {
  return clean
    .split('</a>')
    .map((piece, index, pieces) => {
      const start = piece.lastIndexOf('<a ');
      const opening = /^<a [^>]*?href="([^"]*)"[^>]*>/.exec(piece.slice(start, start + 8192));
      const close = index === pieces.length - 1 ? '' : '</a>';
      if (start < 0 || opening?.[1] === undefined) return piece + close;
      const text = plainText(piece.slice(start + opening[0].length));
      const address = opening[1];
      const follows = ` [→ ${address}]`;
      const isThere = pieces[index + 1]?.startsWith(follows) === true;
      return piece + close + (!isThere && misleads(text, plainText(address)) ? follows : '');
    })
    .join('');
}

const plainText = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g, '');
