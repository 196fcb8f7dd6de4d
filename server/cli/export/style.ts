/** The page's looks, in the reader's colours. */
export const style = `:root { color-scheme: light dark; --line: #d0d7de; --soft: #f6f8fa; --quiet: #59636e; --mark: #1f6f6b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --line: #3d444d; --soft: #161b22; --quiet: #9198a1; --mark: #4fb3ad; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 56rem; margin: 0 auto; padding: 1.5rem; }
.cell { border-top: 1px solid var(--line); padding: 1rem 0; overflow-x: auto; }
.label { color: var(--quiet); font: 13px ui-monospace, monospace; }
.prompt { border-left: 4px solid var(--mark); font-weight: 600; margin: .3rem 0 1rem; padding-left: .8rem; white-space: pre-wrap; }
pre, code { font: 14px/1.45 ui-monospace, monospace; }
pre { background: var(--soft); border-radius: 6px; margin: .5rem 0; overflow-x: auto; padding: .6rem .8rem; }
.error pre { border-left: 4px solid var(--bad); }
.result { margin: .5rem 0; }
img { background: #fff; height: auto; max-width: 100%; }
table { border-collapse: collapse; }
td, th { border: 1px solid var(--line); padding: .2rem .6rem; text-align: right; }
summary { color: var(--quiet); cursor: pointer; }
`;
