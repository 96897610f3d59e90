import { pagePolicy } from '../../lib/content-security-policy.ts';

/** The report's only style. It stands in the page, so that the saved file needs nothing else. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --line: #d9dde3; --text: #19202b; --quiet: #56606e; --tint: #f1f3f7;
  --open: #8a4b00; --bad: #b3261e; --good: #1d6b3a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181f; --line: #343c48; --text: #e9ecf1; --quiet: #a6b0bd; --tint: #1f2630;
    --open: #f2b866; --bad: #ff9a90; --good: #86d6a2;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 3rem; background: var(--ground); color: var(--text);
  font: .9375rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1 { margin: 0 0 .25rem; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; line-height: 1.3; }
p { margin: 0 0 .75rem; }
.kind, .quiet, .hint { color: var(--quiet); }
.kind { margin: 0 0 .25rem; }
.state { font-weight: 600; }
.draft, .more { padding: .75rem 1rem; border-left: .25rem solid var(--open); background: var(--tint); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 1.25rem 0 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
.counts { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 0; padding: 0; list-style: none; }
.counts li { flex: 1 1 7.5rem; padding: .6rem .9rem; border: 1px solid var(--line); border-radius: .6rem; }
.counts strong { display: block; font-size: 1.35rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.counts span { color: var(--quiet); font-size: .85rem; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
th { color: var(--quiet); font-weight: 600; }
.rows { table-layout: fixed; }
.rows .number { width: 4rem; font-variant-numeric: tabular-nums; }
td p { margin: 0; }
td .quiet { font-size: .8125rem; }
.open { color: var(--open); font-weight: 600; }
.refused { color: var(--bad); font-weight: 600; }
.done { color: var(--good); font-weight: 600; }
.signature { display: grid; grid-template-columns: 2fr 1fr; gap: 1.5rem; margin: 3.5rem 0 0; break-inside: avoid; }
.signature p { margin: 0; padding: .4rem 0 0; border-top: 1px solid var(--text); color: var(--quiet); font-size: .8125rem; }
footer { margin: 2.5rem 0 0; color: var(--quiet); font-size: .8125rem; }
@media screen and (max-width: 44rem) {
  body { padding: 1.25rem 1rem 2rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin: 0 0 .6rem; }
  table, tbody, tr, td { display: block; width: 100%; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { padding: .75rem 0; border-bottom: 1px solid var(--line); }
  td, .rows .number { width: 100%; padding: .15rem 0; border: 0; }
  td[data-label] { display: grid; grid-template-columns: 6.5rem 1fr; gap: .5rem; }
  td[data-label]::before { content: attr(data-label); color: var(--quiet); }
}
@page { margin: 14mm 12mm; }
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --line: #b9c0ca; --text: #000000; --quiet: #444b55; --tint: #f1f3f7;
    --open: #8a4b00; --bad: #b3261e; --good: #1d6b3a;
  }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  table { font-size: 8.5pt; }
  td .quiet, footer, .signature p { font-size: 8pt; }
  thead { display: table-header-group; }
  tr, .counts li { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`;

/** The policy under which the page works, as a header and in the saved file: this style, and no more. */
export const POLICY = pagePolicy(STYLE, 'none');

/** What of the policy a page can say of itself. */
export const POLICY_IN_PAGE = POLICY.replace("; frame-ancestors 'none'", '');
