import { Html, html } from '../lib/html.ts';
import { STYLE } from './style.ts';

/** A page of the invitee's. */
export interface Page {
  readonly status: number;
  /** What the window is called. */
  readonly title: string;
  readonly mark: Mark;
  readonly main: Html;
}

export type Mark = 'letter' | 'done' | 'ended' | 'wrong';

// To the letter what its hash in the policy was taken of.
const INLINE_STYLE = new Html(`<style>${STYLE}</style>`);

/** The whole document of a page. */
export function documentOf({ title, mark, main }: Page): string {
  const document = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="robots" content="noindex, nofollow" />
      <title>${title}</title>
      ${INLINE_STYLE}
    </head>
    <body>
      <main>
        <div class="mark">${MARKS[mark]}</div>
        ${main}
      </main>
      <footer>
        <p>Invitations and access by Rollcall</p>
      </footer>
    </body>
  </html>`;
  return `<!doctype html>\n${document.text}\n`;
}

function drawn(path: string): Html {
  return new Html(
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" ' +
      `stroke-linejoin="round" aria-hidden="true" focusable="false">${path}</svg>`,
  );
}

const MARKS: Readonly<Record<Mark, Html>> = {
  letter: drawn('<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m3.5 7 8.5 6 8.5-6"/>'),
  done: drawn('<path d="m5 12.5 4.5 4.5L19 7.5"/>'),
  ended: drawn('<circle cx="12" cy="12" r="9"/><path d="M12 7v5.5l3.5 2"/>'),
  wrong: drawn('<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5M12 16.5v.01"/>'),
};
