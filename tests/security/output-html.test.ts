import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeHtml } from '../../kernel/output/firewall/html.ts';
import { safeSvg } from '../../kernel/output/firewall/svg.ts';
import { hostileHtml, hostileMarkdown, hostileSvg } from './output-corpus.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);
console.log(`output-html seed ${seed}`);

const harmlessName =
  /^(?:align|alt|border|class|colspan|dir|height|lang|open|rel|rowspan|scope|span|start|style|title|valign|width)$/;
const tag = /^<(\/?)([a-z][a-z0-9]*)((?: [a-z]+(?:="[^"<>]*")?)*) ?\/?>/;
const htmlTags =
  /^(?:a|abbr|b|blockquote|br|caption|code|col|colgroup|dd|del|details|div|dl|dt|em|figcaption|figure|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|q|s|samp|small|span|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|u|ul|var)$/;

function harmlessHtmlAttribute(element: string, name: string, value: string): boolean {
  if (name === 'src')
    return element === 'img' && /^data:image\/(?:png|jpeg|gif|webp);base64,[\w+/=]+$/.test(value);
  if (name === 'href') return element === 'a' && /^(?:https?:\/\/|mailto:|#)/i.test(value);
  if (name === 'class') return value === 'dataframe';
  if (name === 'style') return !/url|expression|import|position|behavior|[\\@(](?!\d)/i.test(value);
  return harmlessName.test(name);
}

/** The first tag or attribute of sanitized HTML that is not known to be harmless. */
function foreign(
  html: string,
  harmless: (element: string, name: string, value: string) => boolean,
): string | undefined {
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at + 1)) {
    const found = tag.exec(html.slice(at));
    const [whole, , element = '', attributes = ''] = found ?? [];
    if (whole === undefined || !htmlTags.test(element)) return html.slice(at, at + 100);
    for (const [pair, name = '', value = ''] of attributes.matchAll(/ ([a-z]+)(?:="([^"]*)")?/g)) {
      if (!harmless(element, name, value)) return pair;
    }
  }
  return undefined;
}

const expectHarmlessHtml = (input: string): void => {
  const html = safeHtml(input)?.html ?? '';
  expect(foreign(html, harmlessHtmlAttribute), `${JSON.stringify(input)} → ${html}`).toBe(undefined);
};

const svgTag =
  /^<\/?(?:svg|g|defs|path|rect|circle|ellipse|line|polyline|polygon|text|tspan|textPath|title|desc|linearGradient|radialGradient|stop|clipPath|mask|pattern|marker|symbol|use|image)(?: [\w:-]+="[^"<>]*")*>/;

const expectHarmlessSvg = (input: string): void => {
  const svg = safeSvg(input) ?? '';
  for (let at = svg.indexOf('<'); at >= 0; at = svg.indexOf('<', at + 1)) {
    const [whole = ''] = svgTag.exec(svg.slice(at)) ?? [];
    expect(whole, `${JSON.stringify(input)} → ${svg.slice(at, at + 100)}`).not.toBe('');
    expect(
      whole.replace(/ xmlns(?::xlink)?="http:\/\/www\.w3\.org\/(?:2000\/svg|1999\/xlink)"/g, ''),
    ).not.toMatch(
      / on\w+=|javascript:|https?:|="\/\/|url\((?!#)|data:(?!image\/(?:png|jpeg|gif|webp);base64,)/i,
    );
  }
};

describe('HTML from helpers', () => {
  it.each(hostileHtml)('is harmless: %j', expectHarmlessHtml);

  it.each(hostileHtml)('is harmless within other elements: %j', (entry) => {
    for (const around of [
      `<div>${entry}</div>`,
      `<table><tr><td>${entry}`,
      `<a href="${entry}">x</a>`,
      `<p title='${entry}'>x</p>`,
      `<svg><desc>${entry}`,
      `<math><annotation-xml encoding="text/html">${entry}`,
      `<pre>${entry}</pre>`,
      `<noscript>${entry}</noscript>`,
    ]) {
      expectHarmlessHtml(around);
    }
  });

  it('is harmless whatever pieces it is made of', () => {
    const piece = fc.oneof(
      fc.constantFrom(...hostileHtml, ...hostileMarkdown, ...hostileSvg),
      fc.constantFrom(
        '<',
        '>',
        '</',
        '/>',
        '"',
        "'",
        '`',
        '=',
        ' ',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
        '&lt;',
        '&',
        'on',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        expectHarmlessHtml(pieces.join(''));
        expectHarmlessSvg(`<svg>${pieces.join('')}</svg>`);
      }),
      { seed, numRuns: 1500 },
    );
  });
});

describe('SVG from helpers', () => {
  it.each(hostileSvg)('is harmless: %j', expectHarmlessSvg);

  it('does not draw a chain of uses that grows without end', () => {
    const levels = Array.from(
      { length: 20 },
      (_, i) => `<g id="l${i}">${`<use href="#l${i + 1}"/>`.repeat(10)}</g>`,
    );
    const svg = safeSvg(`<svg>${levels.join('')}<path id="l20" d="M0 0"/></svg>`) ?? '';
    expect(svg.match(/href="#l(\d+)"/g)?.every((reference) => reference.includes('l20'))).toBe(true);
  });
});
