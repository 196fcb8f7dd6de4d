import type { Attributes, IOptions, Tag } from 'sanitize-html';
import { safeImageAddress } from './image.ts';
import { sanitize } from './sanitize.ts';
import { isSafeValue, safeStyle, svgProperties } from './style.ts';

const largest = 1_000_000;

const tags = (
  'svg g defs path rect circle ellipse line polyline polygon text tspan textPath title desc linearGradient ' +
  'radialGradient stop clipPath mask pattern marker symbol use image'
).split(' ');

const geometry = (
  'id x y x1 y1 x2 y2 cx cy r rx ry fx fy dx dy d points width height viewBox preserveAspectRatio transform offset ' +
  'gradientUnits gradientTransform spreadMethod clipPathUnits maskUnits maskContentUnits patternUnits ' +
  'patternContentUnits patternTransform markerWidth markerHeight markerUnits refX refY orient rotate textLength ' +
  'lengthAdjust startOffset pathLength version xml:space'
).split(' ');

const presentation = [...svgProperties];
const namespaces: Readonly<Record<string, string>> = {
  xmlns: 'http://www.w3.org/2000/svg',
  'xmlns:xlink': 'http://www.w3.org/1999/xlink',
};
const geometryValue = /^[-+\w\s.,%()#:]*$/;
const fragment = /^#[\w.:-]{1,128}$/;

const options: IOptions = {
  allowedTags: tags,
  allowedAttributes: {
    '*': [...geometry, ...presentation, ...Object.keys(namespaces), 'style', 'href', 'xlink:href'],
  },
  allowedSchemes: ['data'],
  parseStyleAttributes: false,
  nonTextTags: [
    'script',
    'style',
    'foreignObject',
    'foreignobject',
    'metadata',
    'iframe',
    'noscript',
    'template',
  ],
  parser: { xmlMode: true, decodeEntities: true },
  transformTags: { '*': safeTag },
};

/**
 * An SVG drawing without script, animation, foreign content or anything that loads: a strict allow-list.
 * Undefined where it is no SVG or more than 1 MB.
 */
export function safeSvg(svg: string): string | undefined {
  if (svg.length > largest) return undefined;
  const clean = sanitize(svg.replace(/^[\s\S]{0,2000}?(?=<svg[\s>])/, ''), options)?.trim();
  return clean !== undefined && /^<svg[\s>]/.test(clean) ? withoutNestedUses(clean) : undefined;
}

function safeTag(name: string, attributes: Attributes): Tag {
  const kept: Attributes = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (namespaces[key] === value) kept[key] = value;
    else if (svgProperties.has(key)) {
      if (isSafeValue(value, true)) kept[key] = value;
    } else if (key === 'style') {
      const style = safeStyle(value, svgProperties, true);
      if (style !== undefined) kept[key] = style;
    } else if (key === 'href' || key === 'xlink:href') {
      const address = safeReference(name, value);
      if (address !== undefined) kept[key] = address;
    } else if (geometry.includes(key) && geometryValue.test(value)) kept[key] = value;
  }
  return { tagName: name, attribs: kept };
}

function safeReference(tag: string, value: string): string | undefined {
  if (tag === 'image') return safeImageAddress(value);
  return fragment.test(value) ? value : undefined;
}

/**
 * Takes out each `use` of something that itself contains a `use`: a few of them in a chain draw exponentially much.
 * Works on the sanitizer's output only, in which `>` ends a tag and nothing else.
 */
function withoutNestedUses(svg: string): string {
  const containers = new Set<string>();
  const open: (string | undefined)[] = [];
  for (const [tag, slash, name] of svg.matchAll(/<(\/?)(\w+)[^>]*>/g)) {
    if (slash === '/') open.pop();
    else if (name === 'use') {
      for (const id of open) if (id !== undefined) containers.add(id);
      open.push(undefined);
    } else open.push(/ id="([^"]*)"/.exec(tag)?.[1]);
  }
  return svg.replaceAll(/<use [^>]*>/g, (tag) =>
    [...tag.matchAll(/href="#([^"]*)"/g)].some(([, id]) => id !== undefined && containers.has(id))
      ? '<use>'
      : tag,
  );
}
