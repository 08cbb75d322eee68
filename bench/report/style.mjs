// The report's looks, inside the file like everything else.
export const STYLE = `
:root { color-scheme: light dark; --page: #f4f6f8; --card: #fff; --line: #dfe4ea; --text: #1a2530; --muted: #566472;
  --ours: #17527a; --limit: #a35a00; --peer: #8a2f6b; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0f151b; --card: #172029; --line: #2a3642; --text: #e5ebf1; --muted: #9cabb9;
    --ours: #7cbde8; --limit: #f0b866; --peer: #e79acb; }
}
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 0 0 .25rem; }
p { margin: 0 0 .75rem; color: var(--muted); }
.about { margin: .25rem 0 1.25rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; margin-bottom: 1rem; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.grid { stroke: var(--line); fill: none; }
.axis { stroke: var(--muted); fill: none; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.tick, .label { fill: var(--muted); }
.name { font-weight: 600; }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; margin: .5rem 0 0; }
.key i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; vertical-align: -.05em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-top: 1px solid var(--line); }
th { border-top: 0; color: var(--muted); font-weight: 600; }
`;
