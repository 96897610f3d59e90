import { pagePolicy } from '../lib/content-security-policy.ts';

/** The pages' only style. It stands in them, so that they ask for nothing else. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f4f5f7; --card: #ffffff; --line: #e1e4e9; --text: #19202b; --quiet: #56606e;
  --accent: #2456c4; --accent-strong: #1b449f; --on-accent: #ffffff; --tint: #eaf0fd; --wrong: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11151b; --card: #1a2028; --line: #303843; --text: #e9ecf1; --quiet: #a6b0bd;
    --accent: #8ab0ff; --accent-strong: #abc7ff; --on-accent: #0d1626; --tint: #222c3d; --wrong: #ff9a90;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100svh; display: flex; flex-direction: column; align-items: center;
  background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  overflow-wrap: anywhere;
}
main {
  width: 100%; max-width: 32rem; padding: 2rem 1.25rem 2.25rem; background: var(--card);
  border-bottom: 1px solid var(--line);
}
footer { width: 100%; max-width: 32rem; padding: 1.25rem; color: var(--quiet); font-size: .875rem; }
footer p { margin: 0; }
.mark {
  display: flex; align-items: center; justify-content: center; width: 3rem; height: 3rem; margin: 0 0 1.25rem;
  border-radius: .9rem; background: var(--tint); color: var(--accent);
}
.mark svg { width: 1.5rem; height: 1.5rem; }
h1 { margin: 0 0 .5rem; font-size: 1.6rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance; }
h2 { margin: 0 0 .25rem; font-size: .9rem; font-weight: 600; color: var(--quiet); }
p { margin: 0 0 1rem; }
main > :last-child { margin-bottom: 0; }
.for { margin-top: -.5rem; color: var(--quiet); font-size: .9rem; }
.for strong { color: var(--text); font-weight: 600; }
section { margin: 1.5rem 0 0; }
ul { margin: 0; padding: 0; list-style: none; }
li {
  display: flex; flex-wrap: wrap; justify-content: space-between; gap: .1rem 1rem; padding: .65rem 0;
  border-top: 1px solid var(--line);
}
li span:first-child { font-weight: 600; }
li span:last-child, .quiet { color: var(--quiet); }
form { margin: 1.75rem 0 0; padding: 1.5rem 0 0; border-top: 1px solid var(--line); }
label { display: block; margin: 0 0 .25rem; font-weight: 600; }
.hint { margin: 0 0 .5rem; color: var(--quiet); font-size: .9rem; }
.wrong { margin: 0 0 .5rem; color: var(--wrong); font-weight: 600; }
input {
  display: block; width: 100%; min-height: 3rem; margin: 0 0 1.25rem; padding: .6rem .8rem; border-radius: .6rem;
  border: 1px solid var(--quiet); background: var(--card); color: inherit; font: inherit;
}
input[aria-invalid='true'] { border-color: var(--wrong); border-width: 2px; }
.button {
  display: block; width: 100%; min-height: 3rem; padding: .75rem 1.25rem; border: 0; border-radius: .6rem;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; line-height: 1.5rem;
  text-align: center; text-decoration: none; cursor: pointer;
}
.button:hover { background: var(--accent-strong); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.until { margin: 1rem 0 0; font-size: .9rem; }
@media (min-width: 36rem) {
  body { justify-content: center; padding: 2.5rem 1.5rem; }
  main { padding: 2.75rem; border: 1px solid var(--line); border-radius: 1.25rem; }
  footer { text-align: center; }
}
@media (forced-colors: active) { .button { border: 2px solid ButtonText; } }
`;

/** The Content-Security-Policy under which the pages work: this style, a form to where it came from, and no more. */
export const POLICY = pagePolicy(STYLE, 'self');
