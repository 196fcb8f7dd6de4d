import { describe, expect, it } from 'vitest';
import { safeBundle } from '../../../../kernel/output/firewall/bundle.ts';
import { createRedactor } from '../../../../kernel/output/firewall/redact.ts';
import { tinyPng } from '../../../security/output-corpus.ts';

const secret = 'gsk_secret-value';
const safe = (data: Record<string, unknown>, metadata: Record<string, unknown> = {}) =>
  safeBundle(data, metadata, createRedactor([secret]));

describe('a bundle', () => {
  it('keeps what is harmless as it is', () => {
    const data = {
      'text/plain': 'x',
      'text/html': '<b>x</b>',
      'text/markdown': '**x**',
      'text/latex': '$x$',
      'image/png': tinyPng,
      'application/json': { a: [1] },
    };
    expect(safe(data)).toEqual({ data, metadata: {}, notices: [], refused: [] });
  });

  it.each([
    ['application/javascript', 'JavaScript'],
    ['text/javascript', 'JavaScript'],
    ['application/vnd.jupyter.widget-view+json', 'A widget'],
    ['application/vnd.plotly.v1+json', 'An interactive Plotly figure'],
    ['application/vnd.replique.turn+json', 'Output application/vnd.replique.turn+json'],
    ['application/vnd.replique.result+json', 'Output application/vnd.replique.result+json'],
    ['application/vnd.vegalite.v5+json', 'Output application/vnd.vegalite.v5+json'],
    ['application/vnd.bokehjs_exec.v0+json', 'Output application/vnd.bokehjs_exec.v0+json'],
    ['application/pdf', 'Output application/pdf'],
    ['Text/HTML', 'Output Text/HTML'],
    ['text/html; x="<b>"', 'Output of an unknown type'],
    ['__proto__', 'Output of an unknown type'],
  ])('loses %s, and says so', (type, name) => {
    const { data, notices } = safe(
      JSON.parse(`{"text/plain": "text", ${JSON.stringify(type)}: "x"}`) as Record<string, unknown>,
    );
    expect(data).toEqual({ 'text/plain': 'text' });
    expect(notices).toEqual([
      `${name} is not shown: it could act in this page, is too large or is not valid.`,
    ]);
  });

  it('always has a text form', () => {
    expect(safe({}).data).toEqual({ 'text/plain': '[no text form]' });
    expect(safe({ 'image/png': tinyPng }).data['text/plain']).toBe('[no text form]');
    expect(safe({ 'application/javascript': 'x' }).data['text/plain']).toMatch(/^\[JavaScript is not shown/);
    expect(safe({ 'text/plain': 7 }).data['text/plain']).toMatch(/^\[Output text\/plain is not shown/);
  });

  it('keeps of its metadata only how large an image is', () => {
    const metadata = {
      trusted: true,
      isolated: true,
      width: 3,
      height: 'x',
      'image/png': { width: 640, height: -1, trusted: true, needs_background: 'light', unconfined: true },
      'text/html': { isolated: true },
      'application/javascript': { width: 1 },
      replique: { kind: 'turn' },
    };
    expect(safe({ 'image/png': tinyPng, 'text/html': '<b>x</b>' }, metadata).metadata).toEqual({
      width: 3,
      'image/png': { width: 640, needs_background: 'light', unconfined: true },
    });
  });

  it('loses secrets, controls and what can not be seen', () => {
    const dirty = `${secret} \u001b]0;t\u0007\u001b[31mred\u001b[0m \u202e`;
    const { data } = safe({
      'text/plain': dirty,
      'text/html': `<p title="${secret}">${dirty}</p>`,
      'text/markdown': dirty,
      'text/latex': dirty,
      'image/svg+xml': `<svg><text>${dirty}</text></svg>`,
      'application/json': { [secret]: dirty },
    });
    expect(JSON.stringify(data)).not.toContain(secret);
    expect(data['text/plain']).toBe('[redacted] \u001b[31mred\u001b[0m ⟦U+202E⟧');
    expect(data['text/html']).toBe('<p title="[redacted]">[redacted] red ⟦U+202E⟧</p>');
    expect(data['text/markdown']).toBe('[redacted] red ⟦U+202E⟧');
    expect(data['image/svg+xml']).toBe('<svg><text>[redacted] red ⟦U+202E⟧</text></svg>');
  });

  it('is bounded in size, and says how much is missing', () => {
    expect(safe({ 'text/plain': 'x'.repeat(1_000_005) }).data['text/plain']).toMatch(
      /x\n\[5 more characters are not shown\]$/,
    );
    const deep = JSON.parse('['.repeat(40) + ']'.repeat(40)) as unknown;
    for (const [type, value] of [
      ['text/html', `<b>${'x'.repeat(1_000_000)}</b>`],
      ['text/markdown', 'x'.repeat(300_000)],
      ['text/latex', 'x'.repeat(100_000)],
      ['image/svg+xml', `<svg>${' '.repeat(2_000_000)}</svg>`],
      ['image/png', `iVBORw0KGgoA${'A'.repeat(4_000_000)}`],
      ['application/json', deep],
      ['application/json', 'x'.repeat(1_000_000)],
      ['application/json', undefined],
    ] as const) {
      expect(Object.keys(safe({ 'text/plain': 't', [type]: value }).data), type).toEqual(['text/plain']);
    }
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`a/${i}`, 'x']));
    expect(safe(many).notices.length).toBe(50);
  });

  it.each([
    ['image/png', 'data that is no base64!'],
    ['image/png', Buffer.from('<svg onload=alert(1)>').toString('base64')],
    ['image/jpeg', tinyPng],
    ['image/gif', `R0lGODlh"onload="`],
    ['image/png', 7],
    ['image/png', 'iVBORw0KGgo'],
  ])('does not show %s that is none: %j', (type, value) => {
    expect(Object.keys(safe({ [type]: value }).data)).toEqual(['text/plain']);
  });

  it.each([
    ['image/jpeg', '/9j/4AAQ'],
    ['image/gif', 'R0lGODlhAQABAAAAACw='],
    ['image/webp', 'UklGRh4AAABXRUJQVlA4TBEAAAAvAAAAAAfQ//73v/+BiOh/AAA='],
    ['image/png', tinyPng.replaceAll(/(.{20})/g, '$1\n')],
  ])('shows %s', (type, value) => {
    expect(safe({ [type]: value }).data[type]).toBe(value.replaceAll('\n', ''));
  });

  it('says what of HTML is not shown, and drops HTML that was nothing else', () => {
    const [notice] = safe({ 'text/html': '<b>x</b><iframe src="y"></iframe>' }).notices;
    expect(notice).toContain('embedded pages in HTML output are not shown');
    const nothing = '<div><script src="y"></script></div>';
    expect(Object.keys(safe({ 'text/html': nothing, 'text/plain': 'p' }).data)).toEqual(['text/plain']);
  });

  it('shows macros that could act in LaTeX by name', () => {
    expect(safe({ 'text/latex': '$\\frac{1}{2} \\href{javascript:x}{y} \\hrefs$' }).data['text/latex']).toBe(
      '$\\frac{1}{2} \\backslash href{javascript:x}{y} \\hrefs$',
    );
  });
});
