import { escapeMarkup } from '../../markup.ts';
import { captionOf, type Row } from './rows.ts';

const rowHeight = 24;
const laneWidth = 20;
const margin = 14;
const radius = 5;
const charWidth = 7.3;
const lineColour = '#8a8f98';
const textColour = '#1f2328';
const markColour = '#0b62c1';

/** The tree as a drawing, on a ground of its own so that it can be read on any page. */
export function svgOf(rows: readonly Row[]): string {
  const width = Math.ceil(Math.max(...rows.map(widthOf), 200));
  const height = rows.length * rowHeight + 2 * margin - (rowHeight - 2 * radius);
  const lines = rows.map((row, at) => lineTo(rows, row, at)).join('');
  const marks = rows.map((row, at) => dot(row, at) + caption(row, at)).join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<rect x="0" y="0" width="${width}" height="${height}" rx="4" fill="#ffffff"/>${lines}${marks}</svg>`
  );
}

const x = (lane: number): number => margin + lane * laneWidth;
const y = (at: number): number => margin + at * rowHeight;

function widthOf(row: Row): number {
  const { what, marks } = captionOf(row);
  return x(row.lane) + margin + (what.length + marks.length + 3) * charWidth + margin;
}

/** From the row that it follows. */
function lineTo(rows: readonly Row[], { lane, isFork }: Row, at: number): string {
  const before = rows.findLastIndex((row, index) => index < at && row.lane === (isFork ? lane - 1 : lane));
  if (before === -1) return '';
  const [x1, y1, x2, y2] = [x(isFork ? lane - 1 : lane), y(before), x(lane), y(at)];
  return `<path d="M ${x1} ${y1} L ${x1} ${isFork ? y2 - rowHeight / 2 : y2} L ${x2} ${y2}" fill="none" stroke="${lineColour}" stroke-width="1.5"/>`;
}

function dot({ lane, isLive, isHere }: Row, at: number): string {
  const colour = isHere ? markColour : lineColour;
  return `<circle cx="${x(lane)}" cy="${y(at)}" r="${radius}" fill="${isLive ? colour : '#ffffff'}" stroke="${colour}" stroke-width="1.5"/>`;
}

function caption(row: Row, at: number): string {
  const { what, marks } = captionOf(row);
  const place = `x="${x(row.lane) + margin}" y="${y(at) + 4}" font-family="monospace" font-size="12"`;
  const label =
    marks === '' ? '' : `<tspan fill="${markColour}" font-weight="bold"> ← ${escapeMarkup(marks)}</tspan>`;
  return `<text ${place} fill="${textColour}">${escapeMarkup(what)}${label}</text>`;
}
