import { RollcallError } from '../lib/errors.ts';
import { html } from '../lib/html.ts';
import type { Page } from './page.ts';

/** A token that was never ours. */
export const WRONG_LINK: Page = {
  status: 404,
  title: 'This link does not work',
  mark: 'wrong',
  main: html`<h1>This link does not work</h1>
    <p>It is not the link of an invitation. Perhaps it was cut off or changed on its way.</p>
    <p>
      Open it from the mail again, or copy all of it into the address bar. If that does not help, ask whoever
      invited you to send the invitation again.
    </p>`,
};

const TOO_MANY: Page = {
  status: 429,
  title: 'Too many tries',
  mark: 'wrong',
  main: html`<h1>Too many tries</h1>
    <p>
      Links that do not work were opened from here many times. Wait a minute, and open the one from your mail
      again.
    </p>`,
};

const BUSY: Page = {
  status: 503,
  title: 'Please try again shortly',
  mark: 'ended',
  main: html`<h1>Please try again shortly</h1>
    <p>We cannot look at your invitation just now. It is safe; open the link again in a minute.</p>`,
};

const UNREADABLE: Page = {
  status: 400,
  title: 'That could not be read',
  mark: 'wrong',
  main: html`<h1>That could not be read</h1>
    <p>Open the link from your mail again, and fill in the form there.</p>`,
};

const FAULT: Page = {
  status: 500,
  title: 'Something went wrong here',
  mark: 'wrong',
  main: html`<h1>Something went wrong here</h1>
    <p>This is our fault, not yours. Please try again later, or tell whoever invited you.</p>`,
};

/** The page for what went wrong; a fault of ours when nothing else is known of it. */
export function troublePage(error: unknown): Page {
  if (error instanceof RollcallError) {
    if (error.kind === 'rate_limited') return TOO_MANY;
    if (error.kind === 'busy') return BUSY;
    if (error.kind === 'invalid') return UNREADABLE;
    return FAULT;
  }
  // What express says of a path or a body that it cannot read.
  const { status } = error as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 ? UNREADABLE : FAULT;
}
