/** The pages' style sheet: light and dark as the reader's system has it, and tables that become lists on narrow screens. */
export const style = `
:root {
  color-scheme: light dark;
  --back: light-dark(#ffffff, #16181d);
  --raised: light-dark(#f4f5f7, #20242b);
  --line: light-dark(#d5d8de, #3a404b);
  --text: light-dark(#1b1e24, #e7e9ee);
  --soft: light-dark(#555c68, #a9b1bf);
  --link: light-dark(#0b57a8, #8ab8ff);
  --good: light-dark(#0f6b3a, #6fd79c);
  --bad: light-dark(#a51d2d, #ff9a9a);
  --warn: light-dark(#7a4b00, #f0c36a);
  --bar: light-dark(#2f6fb5, #6fa8ea);
  font: 1rem/1.5 system-ui, sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--back); padding: 0.5rem; z-index: 1; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0.75rem 1rem; }
header { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; align-items: baseline; border-bottom: 1px solid var(--line); }
header strong { font-size: 1.1rem; }
nav ul { display: flex; gap: 1rem; list-style: none; margin: 0; padding: 0; flex-wrap: wrap; }
nav a { display: inline-block; padding: 0.4rem 0; }
nav a[aria-current] { color: var(--text); font-weight: 600; text-decoration: none; border-bottom: 2px solid var(--bar); }
a { color: var(--link); }
a:focus-visible, button:focus-visible, summary:focus-visible { outline: 3px solid var(--bar); outline-offset: 2px; }
h1 { font-size: 1.4rem; margin: 0.5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 1.75rem 0 0.5rem; }
p { margin: 0.5rem 0; }
.soft, footer { color: var(--soft); }
footer { font-size: 0.875rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; font-size: 0.875rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.main { min-width: 12rem; }
time { white-space: nowrap; }
.facts time { white-space: normal; }
.state { white-space: nowrap; font-weight: 600; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.warn { color: var(--warn); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.5rem; margin: 0.75rem 0; }
.facts div { background: var(--raised); border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.5rem 0.75rem; }
.facts dt { color: var(--soft); font-size: 0.875rem; }
.facts dd { margin: 0; font-size: 1.1rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.chart { width: 100%; height: 6rem; display: block; background: var(--raised); border: 1px solid var(--line); border-radius: 0.4rem; }
.chart rect { fill: var(--bar); }
.chart rect.failed { fill: var(--bad); }
.aside td { color: var(--soft); }
button { font: inherit; padding: 0.6rem 1.2rem; border: 1px solid var(--line); border-radius: 0.4rem; background: var(--raised); color: var(--text); cursor: pointer; }
@media (max-width: 42rem) {
  thead { position: absolute; left: -100vw; }
  tr { display: grid; grid-template-columns: repeat(2, 1fr); padding: 0.6rem 0; border-bottom: 1px solid var(--line); }
  td { border: 0; padding: 0.1rem 0.75rem 0.1rem 0; }
  td.main { grid-column: 1 / -1; min-width: 0; }
  td:empty { display: none; }
  td::before { content: attr(data-label); display: block; color: var(--soft); font-size: 0.8rem; }
  td.main::before { content: none; }
  .number { text-align: left; white-space: normal; }
}
`;

/** Without it all works: it brings the page up to date while somebody looks at it. */
export const script = `
const everyMs = 15000;
async function renew() {
  if (document.hidden || document.querySelector('main').contains(document.activeElement)) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const [now, then] = [page.querySelector('main'), document.querySelector('main')];
    if (now && now.innerHTML !== then.innerHTML) then.replaceWith(document.adoptNode(now));
  } catch {}
}
if (document.querySelector('main[data-live]')) setInterval(renew, everyMs);
`;
