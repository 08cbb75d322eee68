// The report's looks, inside the file like everything else.
export const STYLE = `
:root { color-scheme: light dark; --page: #f4f6f8; --card: #fff; --line: #dfe4ea; --text: #1a2530; --muted: #566472;
  --ours: #17527a; --limit: #a35a00; --peer: #8a2f6b; --raw: #1f7a5c; --missed: #a32020; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0f151b; --card: #172029; --line: #2a3642; --text: #e5ebf1; --muted: #9cabb9;
    --ours: #7cbde8; --limit: #f0b866; --peer: #e79acb; --raw: #6fd3ab; --missed: #ff9a8d; }
}
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 0 0 .25rem; }
p { margin: 0 0 .75rem; color: var(--muted); }
.about { margin: 0; }
.about, h1, .whole { grid-column: 1 / -1; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; }
svg { display: block; width: 100%; max-width: 44rem; height: auto; font: 12px system-ui, sans-serif; }
.if-narrow { display: none; }
.grid { stroke: var(--line); fill: none; }
.axis { stroke: var(--muted); fill: none; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.tick, .label { fill: var(--muted); }
.over { fill: var(--text); }
.name { font-weight: 600; }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; margin: .5rem 0 0; font-size: 13px; }
.key i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; vertical-align: -.05em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; min-width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-top: 1px solid var(--line); }
th { border-top: 0; color: var(--muted); font-weight: 600; white-space: nowrap; }
td { min-width: 4.5rem; }
td:nth-child(1), td:nth-child(4), td:nth-child(8) { min-width: 11rem; }
td:nth-child(n + 5):nth-child(-n + 7) i { font-style: normal; color: var(--muted); white-space: nowrap; }
td b { color: var(--missed); }
@media (min-width: 68rem) { main { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (max-width: 34rem) {
  .if-wide { display: none; }
  .if-narrow { display: block; }
  section { padding: .9rem .9rem; }
}
`;
