import { pagePolicy } from '../../../lib/content-security-policy.ts';

/** The page's only style. It stands in the page, so that it asks for nothing else. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f4f5f7; --card: #ffffff; --line: #e1e4e9; --text: #19202b; --quiet: #56606e; --accent: #2456c4;
  --tint: #eef1f6; --get: #1d6b4f; --post: #2456c4; --put: #8a5300; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11151b; --card: #1a2028; --line: #303843; --text: #e9ecf1; --quiet: #a6b0bd; --accent: #8ab0ff;
    --tint: #242c37; --get: #7fd6b2; --post: #8ab0ff; --put: #f0bd6a; --delete: #ff9a90;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
}
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .2rem; }
.skip { position: absolute; left: -100vw; padding: .5rem 1rem; background: var(--card); }
.skip:focus { left: .5rem; top: .5rem; z-index: 1; }
code, pre, .method { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace; }
code { font-size: .875em; overflow-wrap: anywhere; }
p code, td code, .place { padding: .1em .3em; border-radius: .3rem; background: var(--tint); }
nav { padding: 1rem 1.25rem; border-bottom: 1px solid var(--line); background: var(--card); font-size: .9rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0; padding: 0; list-style: none; }
nav a { color: inherit; text-decoration: none; }
nav a:hover, h3 a:hover { color: var(--accent); text-decoration: underline; }
nav .calls { display: none; }
.brand { margin: 0 0 .5rem; font-weight: 700; }
main { max-width: 58rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { margin: 0 0 .75rem; font-size: 2rem; line-height: 1.2; letter-spacing: -.015em; }
h2 { margin: 3rem 0 .5rem; font-size: 1.4rem; line-height: 1.3; letter-spacing: -.01em; }
h3 { margin: 0 0 .5rem; font-size: 1.1rem; line-height: 1.4; }
h3 a { color: inherit; text-decoration: none; }
h4 { margin: 1.25rem 0 .4rem; font-size: .9rem; color: var(--quiet); }
p { margin: 0 0 .75rem; max-width: 44rem; }
article {
  margin: 1.25rem 0 0; padding: 1.25rem; border: 1px solid var(--line); border-radius: .9rem; background: var(--card);
}
article:target, tr:target { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.call { display: flex; gap: .6rem; align-items: baseline; }
.call code { padding: 0; background: none; font-size: .95rem; }
.method { font-size: .75rem; font-weight: 700; letter-spacing: .03em; }
.get { color: var(--get); } .post { color: var(--post); } .put, .patch { color: var(--put); }
.delete { color: var(--delete); }
.quiet, .either { color: var(--quiet); }
.either { margin: .5rem 0 .25rem; }
.place, .required, .optional { color: var(--quiet); font-size: .75rem; font-weight: 400; }
.required { color: var(--put); }
pre {
  margin: 0; padding: .9rem 1rem; overflow-x: auto; border-radius: .6rem; background: var(--tint);
  font-size: .85rem; line-height: 1.5;
}
pre code { font-size: 1em; overflow-wrap: normal; }
table { width: 100%; margin: 0 0 .75rem; border-collapse: collapse; font-size: .9rem; line-height: 1.5; }
th, td { padding: .45rem .9rem .45rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border: 0; color: var(--quiet); font-weight: 400; font-size: .8rem; }
tbody th { font-weight: 600; }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: block; padding: .5rem 0; border-top: 1px solid var(--line); }
  th, td { display: block; padding: 0; border: 0; }
  td:empty { display: none; }
}
@media (min-width: 40.01rem) {
  p code, td code { white-space: nowrap; }
  th:first-child { width: 34%; }
  td:nth-child(2):not(:last-child) { width: 26%; }
}
@media (min-width: 68rem) {
  body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
  nav {
    position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1.25rem; border: 0;
    border-right: 1px solid var(--line);
  }
  nav ul { display: block; }
  nav > ul > li { margin: 0 0 .5rem; }
  nav > ul > li > a { font-weight: 600; }
  nav .calls { display: block; margin: .15rem 0 .75rem; font-size: .8rem; }
  nav .calls a { display: grid; grid-template-columns: 3.4rem 1fr; padding: .1rem 0; color: var(--quiet); }
  nav .calls .method { font-size: .65rem; line-height: 1.9; }
  nav .calls span:last-child { overflow-wrap: anywhere; }
  main { width: 100%; padding: 2.5rem 3rem 6rem; }
}
@media print { nav, .skip { display: none; } article { break-inside: avoid; } }
`;

/** The Content-Security-Policy under which the page works: this style, and no more. */
export const POLICY = pagePolicy(STYLE, 'none');
