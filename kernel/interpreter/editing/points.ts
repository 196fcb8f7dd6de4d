/** Jupyter counts a cursor's position in code points, JavaScript in UTF-16 units. */

/** Where a cursor stands in the string: at its end where it lies beyond. */
export function indexOfPoint(text: string, points: number): number {
  let index = 0;
  for (let left = points; left > 0 && index < text.length; left -= 1) index += widthAt(text, index);
  return index;
}

/** How many code points stand before an index; one between two surrogates counts the pair. */
export function pointsBefore(text: string, index: number): number {
  let points = 0;
  for (let at = 0; at < index && at < text.length; at += widthAt(text, at)) points += 1;
  return points;
}

const widthAt = (text: string, index: number): number => ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1);
