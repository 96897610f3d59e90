import type { ClosedLink, LinkedWorkspace, OpenLink } from '../core/invitations/accept.ts';
import { html, type Html } from '../lib/html.ts';
import { ACCOUNT_ROLE_NAMES, oneLine, saidLicense, saidTime } from '../lib/text.ts';
import type { Page } from './page.ts';

/** What the invitee wrote, and what is wrong with it. */
export interface Answered {
  readonly name: string;
  readonly problem: string;
}

/** The invitation, with the form that accepts it. */
export function invitationPage(link: OpenLink, answered?: Answered): Page {
  const { workspace, email, offer, expiresAt } = link;
  const name = oneLine(workspace.name);
  const accountRole = ACCOUNT_ROLE_NAMES[offer.accountRole];
  return {
    status: answered ? 400 : 200,
    title: `${answered ? 'Please check your name: ' : ''}Join ${name}`,
    mark: 'letter',
    main: html`<h1>Join <span dir="auto">${name}</span></h1>
      <p>
        <span dir="auto">${name}</span> invites you to its
        workspace${accountRole !== undefined && html`, as <strong>${accountRole}</strong>`}.
      </p>
      <p class="for">For <strong>${email}</strong></p>
      ${list(
        'products',
        'Products',
        offer.products.map((one) => ({ what: one.name, as: saidLicense(one.license) })),
      )}
      ${list(
        'projects',
        'Projects',
        offer.projects.map((one) => ({ what: one.name, as: one.role })),
      )}
      <form method="post">
        ${link.asksName ? nameField(answered, link.name) : html`<p>You join as <strong dir="auto">${link.name ?? email}</strong>.</p>`}
        <button class="button" type="submit">Join the workspace</button>
        <p class="until quiet">
          You can join until <time datetime="${expiresAt.toISOString()}">${saidTime(expiresAt)}</time>. If you
          did not expect this invitation, close this page: nothing happens.
        </p>
      </form>`,
  };
}

function list(id: string, title: string, things: readonly { what: string; as: string }[]): Html | undefined {
  if (things.length === 0) return undefined;
  const items = things.map(
    ({ what, as }) => html`<li><span dir="auto">${what}</span> <span dir="auto">${as}</span></li>`,
  );
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    <ul>
      ${items}
    </ul>
  </section>`;
}

function nameField(answered: Answered | undefined, known: string | undefined): Html {
  const field = html`id="name" name="name" type="text" autocomplete="name" required maxlength="200"
  value="${answered?.name ?? known ?? ''}"`;
  return html`<label for="name">Your name</label>
    <p class="hint" id="name-hint">In full, as your colleagues know you.</p>
    ${
      answered
        ? html`<p class="wrong" id="name-wrong">${answered.problem}</p>
            <input ${field} aria-describedby="name-wrong name-hint" aria-invalid="true" autofocus />`
        : html`<input ${field} aria-describedby="name-hint" />`
    }`;
}

/** What comes after joining. */
export function joinedPage(workspace: LinkedWorkspace): Page {
  const name = oneLine(workspace.name);
  return {
    status: 200,
    title: `You have joined ${name}`,
    mark: 'done',
    main: html`<h1>Welcome to <span dir="auto">${name}</span></h1>
      <p>You have joined, and your access is ready.</p>
      ${onward(workspace) ?? html`<p>Sign in where your colleagues do; whoever invited you knows the address.</p>`}`,
  };
}

function onward({ signInUrl }: LinkedWorkspace): Html | undefined {
  if (signInUrl === null || !isWebAddress(signInUrl)) return undefined;
  return html`<p><a class="button" href="${signInUrl}" rel="noreferrer">Go on to sign in</a></p>`;
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Why a link of ours can't be accepted any more, and what to do. */
export function closedPage({ state, workspace }: ClosedLink): Page {
  const name = html`<span dir="auto">${oneLine(workspace.name)}</span>`;
  const { title, words, signsIn } = CLOSED[state];
  return {
    status: 410,
    title,
    mark: signsIn ? 'done' : 'ended',
    main: html`<h1>${title}</h1>
      ${words(name)}${signsIn ? onward(workspace) : undefined}`,
  };
}

interface Closed {
  readonly title: string;
  readonly words: (workspace: Html) => Html;
  /** Whether the way on to sign in belongs there. */
  readonly signsIn: boolean;
}

const CLOSED: Readonly<Record<ClosedLink['state'], Closed>> = {
  accepted: {
    title: 'This invitation has been used',
    words: (workspace) =>
      html`<p>Somebody has joined ${workspace} with this link, and it works only once.</p>
        <p>
          If that was you, you need not do anything here: sign in as usual. If it was not, tell whoever
          invited you.
        </p>`,
    signsIn: true,
  },
  superseded: {
    title: 'You are in already',
    words: (workspace) =>
      html`<p>
          Your organization has given you access to ${workspace} itself, so there is nothing left to accept.
        </p>
        <p>Sign in as you do at your organization.</p>`,
    signsIn: true,
  },
  revoked: {
    title: 'This invitation was withdrawn',
    words: (workspace) =>
      html`<p>${workspace} has taken the invitation back, and this link no longer works.</p>
        <p>If you think that this is a mistake, ask whoever invited you for a new one.</p>`,
    signsIn: false,
  },
  expired: {
    title: 'This invitation has expired',
    words: (workspace) =>
      html`<p>The invitation to ${workspace} was open for a limited time, which is over.</p>
        <p>Ask whoever invited you to send it again. A new mail with a new link will come.</p>`,
    signsIn: false,
  },
  replaced: {
    title: 'There is a newer link',
    words: (workspace) =>
      html`<p>The invitation to ${workspace} was sent again after this mail, which ended this link.</p>
        <p>Look for the newest mail and open the link in that one.</p>`,
    signsIn: false,
  },
};
