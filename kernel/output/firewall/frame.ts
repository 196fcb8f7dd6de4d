/**
 * HTML that needs its scripts, in two nested frames without an origin. The outer one has nothing but the policy, so
 * that nothing inside can come before it; the inner one, which inherits the policy, can't navigate itself away either,
 * because the policy of the outer forbids it all frames but those that are written in place.
 */

const largest = 8_000_000;

const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval'",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  'font-src data:',
  "frame-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types default',
].join('; ');

const head =
  `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}">` +
  '<meta http-equiv="x-dns-prefetch-control" content="off"><meta name="referrer" content="no-referrer">' +
  '<style>html,body,iframe{margin:0;border:0;width:100%;height:100%;overflow:hidden}</style>';

const isPage = /<(?:html|head|body)[\s>]/i;
const script = /<script[\s>/]/i;
const frames = /<(?:[\w-]*:)?(?:i?frame|frameset|object|embed|portal|fencedframe)/i;
const scriptFromElsewhere = /<script\b[^>]{0,2000}\ssrc\s*=/i;

/** Whether HTML means nothing without its scripts, and has them all in it, without frames of its own. */
export function needsFrame(html: string): boolean {
  return script.test(html) && !scriptFromElsewhere.test(html) && !frames.test(html);
}

/** The HTML within its frames; undefined where there is more than 8 MB of it. */
export function framed(html: string): string | undefined {
  if (html.length > largest) return undefined;
  const inner = `${head}${frame(`<!doctype html>${guard}${isPage.test(html) ? '' : '<body>'}${html}`, 'allow-scripts')}`;
  return (
    `<div style="border: 1px solid #bbb">${frame(inner, 'allow-scripts', 'height:480px')}` +
    '<small>Interactive output of the code, kept apart from this page and from the network.</small></div>'
  );
}

/**
 * What a policy does not reach: connections between browsers (WebRTC), which Chromium opens whatever the policy says.
 * They are taken away, and so is each way to make a frame of one's own, which would have them anew: markup passes
 * one gate that no script can replace, and elements are made by a function that makes no frames. It uses nothing that
 * a script after it could replace.
 */
const guard = `<script>(() => {
  const { apply } = Reflect, { indexOf, toLowerCase } = String.prototype, text = String;
  const gone = (owner, name, value) =>
    Object.defineProperty(owner, name, { value, writable: false, configurable: false });
  const refuse = () => { throw new TypeError('No frames can be made here.'); };
  const has = (where, what) => apply(indexOf, apply(toLowerCase, where, []), [what]) >= 0;
  const plain = (name) => has(name, 'frame') || has(name, 'object') || has(name, 'embed') ? refuse() : name;
  gone(window, 'RTCPeerConnection'); gone(window, 'webkitRTCPeerConnection');
  gone(window, 'WebTransport'); gone(window, 'XSLTProcessor');
  const { createElement, createElementNS } = Document.prototype;
  gone(Document.prototype, 'createElement', function (name) {
    return apply(createElement, this, [plain(text(name))]);
  });
  gone(Document.prototype, 'createElementNS', function (space, name) {
    return apply(createElementNS, this, [space === null ? null : text(space), plain(text(name))]);
  });
  gone(Document.prototype, 'write', refuse); gone(Document.prototype, 'writeln', refuse);
  gone(Document.prototype, 'open', refuse);
  if (!window.trustedTypes) return;
  trustedTypes.createPolicy('default', {
    createHTML: (html) =>
      has(html, 'iframe') || has(html, '<frame') || has(html, ':frame') || has(html, 'fencedframe') ||
      has(html, '<object') || has(html, ':object') || has(html, '<embed') || has(html, ':embed')
        ? refuse() : html,
    createScript: (script) => script,
  });
})()</script>`.replaceAll(/\n\s*/g, ' ');

function frame(document: string, sandbox: string, style = ''): string {
  const source = document.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return `<iframe sandbox="${sandbox}" referrerpolicy="no-referrer" style="border:0;width:100%;${style}" srcdoc="${source}"></iframe>`;
}

const source = /^<div[^>]*><iframe [^>]*? srcdoc="([^"]*)"><\/iframe><small>[^<]*<\/small><\/div>$/;
const inner = /<iframe [^>]*? srcdoc="([^"]*)"><\/iframe>$/;

/** What stands in such frames, so that it can be framed again; undefined where these are none. */
export function unframed(html: string): string | undefined {
  const outer = source.exec(html)?.[1];
  const document = outer === undefined ? undefined : inner.exec(decode(outer))?.[1];
  if (document === undefined) return undefined;
  const page = decode(document);
  const end = page.indexOf('</script>');
  if (!page.startsWith('<!doctype html><script>') || end === -1) return undefined;
  const rest = page.slice(end + '</script>'.length);
  return rest.startsWith('<body>') && !isPage.test(rest.slice('<body>'.length))
    ? rest.slice('<body>'.length)
    : rest;
}

const decode = (attribute: string): string => attribute.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
