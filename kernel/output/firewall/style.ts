/** The properties that a helper's HTML may set: nothing that moves, covers, hides or loads. */
export const htmlProperties: ReadonlySet<string> = new Set(
  (
    'color background-color text-align vertical-align font-weight font-style font-size font-family text-decoration ' +
    'white-space width height max-width min-width border border-top border-right border-bottom border-left ' +
    'border-collapse border-color border-style border-width border-spacing padding padding-top padding-right ' +
    'padding-bottom padding-left line-height'
  ).split(' '),
);

/** The properties of an SVG element's presentation. */
export const svgProperties: ReadonlySet<string> = new Set(
  (
    'fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-dasharray stroke-dashoffset ' +
    'stroke-linecap stroke-linejoin stroke-miterlimit opacity font font-family font-size font-style font-weight ' +
    'font-stretch font-variant text-anchor text-align dominant-baseline alignment-baseline clip-path clip-rule mask ' +
    'stop-color stop-opacity color display visibility marker-start marker-mid marker-end writing-mode overflow ' +
    'letter-spacing word-spacing text-decoration vector-effect shape-rendering white-space background-color'
  ).split(' '),
);

const plainValue = /^[-\w\s.,%#'"]{1,200}$/;
const colourValue = /^(?:rgb|rgba|hsl|hsla)\([\d\s.,%/deg]{1,60}\)$/;
const localReference = /^url\(\s*['"]?#[\w.:-]{1,128}['"]?\s*\)$/;

/** Whether a value can load nothing and escape from nothing: words, numbers, colours; in SVG also `url(#id)`. */
export function isSafeValue(value: string, references: boolean): boolean {
  return plainValue.test(value) || colourValue.test(value) || (references && localReference.test(value));
}

/** The declarations of a `style` attribute that are allowed, or undefined if none is. */
export function safeStyle(
  style: string,
  allowed: ReadonlySet<string>,
  references: boolean,
): string | undefined {
  const kept = style
    .slice(0, 4000)
    .split(';')
    .flatMap((declaration) => {
      const colon = declaration.indexOf(':');
      const property = declaration.slice(0, colon).trim().toLowerCase();
      const value = declaration.slice(colon + 1).trim();
      return colon > 0 && allowed.has(property) && isSafeValue(value, references)
        ? [`${property}: ${value}`]
        : [];
    });
  return kept.length === 0 ? undefined : kept.join('; ');
}
