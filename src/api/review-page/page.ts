import type { FrozenRow, Outcome, Reviewer, ReviewRow } from '../../core/reviews/read.ts';
import type { ReviewReport } from '../../core/reviews/report.ts';
import { taskOf } from '../../core/reviews/task.ts';
import { Html, html } from '../../lib/html.ts';
import { oneLine, saidTime } from '../../lib/text.ts';
import { POLICY_IN_PAGE, STYLE } from './style.ts';

// To the letter what its hash in the policy was taken of.
const INLINE_STYLE = new Html(`<style>${STYLE}</style>`);

/** The report as a page, in chunks: who reviewed, when, every decision, and what came of it. */
export async function* reportChunks(report: ReviewReport): AsyncGenerator<string> {
  // The beginning goes with the first rows, so that nothing is sent before the database has answered.
  let text = beginning(report);
  let section: Section | undefined;
  for await (const batch of report.file.batches) {
    for (const [row] of batch) {
      if (!row) continue;
      const next = sectionOf(row);
      if (next !== section) text += (section ? TABLE_END : '') + tableBegin(next, report.review);
      section = next;
      text += lineOf(row).text;
    }
    yield text;
    text = '';
  }
  yield `${text}${section ? TABLE_END : ''}${ending(report).text}</body></html>\n`;
}

function beginning({ review, outcomes, reviewers, mostRows }: ReviewReport): string {
  const name = oneLine(review.name);
  const head = html`<head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex, nofollow" />
    <meta http-equiv="Content-Security-Policy" content="${POLICY_IN_PAGE}" />
    <title>Access review: ${name}</title>
    ${INLINE_STYLE}
  </head>`;
  const intro = html`<header>
      <p class="kind">Access review</p>
      <h1 dir="auto">${name}</h1>
      ${stateOf(review)}
    </header>
    ${facts(review)} ${counts(review, outcomes)} ${reviewedBy(reviewers)}
    ${
      review.rows > mostRows &&
      html`<p class="more">
        The review has ${review.rows} rows; the first ${mostRows} are listed here. All of them are in
        <strong>/api/v1/reviews/${review.id}/report.csv</strong>
      </p>`
    }`;
  return `<!doctype html>\n<html lang="en">\n${head.text}\n<body>\n${intro.text}\n`;
}

function stateOf(review: ReviewRow): Html {
  const at = (time: Date | null) => saidTime(time ?? review.opened_at);
  switch (review.status) {
    case 'closed':
      return html`<p class="state">Closed on ${at(review.ended_at)}</p>`;
    case 'cancelled':
      return html`<p class="state">Cancelled on ${at(review.ended_at)}; nothing was applied</p>`;
    case 'closing':
      return html`<p class="draft">The review is being closed; not everything is applied yet.</p>`;
    case 'open':
      return html`<p class="draft">
        The review is open${review.overdue && ' and overdue'}: this is a draft, and nothing has been applied.
      </p>`;
  }
}

const SCOPES: Readonly<Record<ReviewRow['scope'], string>> = {
  workspace: 'The workspace',
  product: 'The product',
  project: 'The project',
};

function facts(review: ReviewRow): Html {
  const fact = (name: string, value: Html | string | null) =>
    value === null
      ? html``
      : html`<dt>${name}</dt>
          <dd>${value}</dd>`;
  return html`<dl>
    ${fact('What was reviewed', html`${SCOPES[review.scope]} <span dir="auto">${review.scope_name}</span> (${review.scope_key})`)}
    ${fact('Access as of', moment(review.opened_at))} ${fact('Opened with the token', review.opened_by)}
    ${fact('Due', moment(review.due_at))} ${fact('Closed with the token', review.closing_by)}
    ${fact('Decisions final since', review.closing_at && moment(review.closing_at))}
    ${fact('Signed off by', review.signed_by)}
    ${fact('Rows nobody had decided', review.undecided && (review.undecided === 'keep' ? 'Kept' : 'Taken away'))}
  </dl>`;
}

function counts(review: ReviewRow, outcomes: ReviewReport['outcomes']): Html {
  const left = review.rows - review.keep - review.revoke;
  const count = (number: number, what: string) =>
    html`<li><strong>${number}</strong> <span>${what}</span></li>`;
  if (review.status !== 'closed') {
    return html`<ul class="counts">
      ${count(review.rows, 'rows')} ${count(review.keep, 'to be kept')}
      ${count(review.revoke, 'to be taken away')} ${count(left, 'undecided')}
    </ul>`;
  }
  return html`<ul class="counts">
    ${count(review.rows, 'rows')} ${count(review.keep, 'kept')} ${count(outcomes.revoked, 'taken away')}
    ${count(outcomes.task - outcomes.tasks_done, 'open tasks')} ${count(outcomes.tasks_done, 'tasks done')}
    ${count(outcomes.already_ended, 'had ended before')} ${count(outcomes.refused, 'could not be taken away')}
  </ul>`;
}

function reviewedBy(reviewers: readonly Reviewer[]): Html | undefined {
  if (reviewers.length === 0) return undefined;
  const lines = reviewers.map(
    (one) =>
      html`<tr>
        <td data-label="Reviewer"><span dir="auto">${one.reviewer ?? 'not said'}</span></td>
        <td data-label="Token">${one.by}</td>
        <td data-label="Decided">${one.keep} to keep, ${one.revoke} to take away</td>
        <td data-label="When">${period(one.first, one.last)}</td>
      </tr>`,
  );
  return html`<section>
    <h2>Reviewed by</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">Reviewer</th>
          <th scope="col">Token</th>
          <th scope="col">Decided</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        ${lines}
      </tbody>
    </table>
  </section>`;
}

type Section = Outcome | 'to_revoke' | 'to_keep' | 'undecided';

function sectionOf({ outcome, decision }: FrozenRow): Section {
  return outcome ?? (decision === null ? 'undecided' : `to_${decision}`);
}

const TITLES: Readonly<Record<Section, string>> = {
  task: 'To be done in the identity provider',
  refused: 'Could not be taken away',
  revoked: 'Taken away',
  already_ended: 'Had ended before',
  kept: 'Kept',
  to_revoke: 'To be taken away',
  to_keep: 'To be kept',
  undecided: 'Undecided',
};

function tableBegin(section: Section, { status }: ReviewRow): string {
  const cancelled = status === 'cancelled' && section.startsWith('to_') && ' (not applied)';
  const title = html`<h2>${TITLES[section]}${cancelled}</h2>`;
  return `<section>${title.text}<table class="rows">${TABLE_HEAD.text}<tbody>\n`;
}

const TABLE_HEAD = html`<thead>
  <tr>
    <th scope="col" class="number">Row</th>
    <th scope="col">User</th>
    <th scope="col">Access</th>
    <th scope="col">Had by</th>
    <th scope="col">Decision</th>
    <th scope="col">What came of it</th>
  </tr>
</thead>`;

const TABLE_END = '</tbody></table></section>';

const KINDS: Readonly<Record<FrozenRow['kind'], string>> = {
  account_role: 'Account role',
  project_role: 'Role in the project',
  entitlement: 'License of the product',
};

const SOURCES = {
  admin: 'Given here',
  invitation: 'By an invitation',
  pushed: 'Pushed by the identity provider',
};

function lineOf(row: FrozenRow): Html {
  const address = row.email !== null && row.email !== row.user_name && row.email;
  const isNamed = row.full_name !== row.user_name;
  return html`<tr>
    <td class="number" data-label="Row">${row.number}</td>
    <td data-label="User">
      <div>
        <p dir="auto">${isNamed ? row.full_name : row.user_name}</p>
        ${isNamed && html`<p class="quiet">${row.user_name}</p>`}
        ${address && html`<p class="quiet">${address}</p>`}
      </div>
    </td>
    <td data-label="Access">
      <div>
        <p>${row.level}</p>
        <p class="quiet">${KINDS[row.kind]}${row.kind !== 'account_role' && ` ${row.target}`}</p>
      </div>
    </td>
    <td data-label="Had by">
      <div>
        <p>
          ${row.group_id === null ? SOURCES[row.source ?? 'admin'] : html`Group <span dir="auto">${row.group_name ?? row.group_id}</span>`}
        </p>
        <p class="quiet">since ${short(row.granted_at)}</p>
      </div>
    </td>
    <td data-label="Decision"><div>${decisionOf(row)}</div></td>
    <td data-label="Came of it"><div>${outcomeOf(row)}</div></td>
  </tr> `;
}

function decisionOf(row: FrozenRow): Html {
  if (row.decision === null || !row.decided_at) return html`<p class="open">Undecided</p>`;
  const by = row.reviewer ?? row.decided_by;
  return html`<p>${row.decision === 'keep' ? 'Keep' : 'Take away'}</p>
    ${row.note !== null && html`<p dir="auto">${row.note}</p>`}
    <p class="quiet">${by !== null && html`<span dir="auto">${by}</span>, `}${short(row.decided_at)}</p>`;
}

function outcomeOf(row: FrozenRow): Html {
  switch (row.outcome) {
    case 'task':
      return row.ended
        ? html`<p class="done">Done</p>
            <p class="quiet">${taskOf(row)}</p>`
        : html`<p class="open">Open</p>
            <p>${taskOf(row)}</p>`;
    case 'refused':
      return html`<p class="refused">Refused</p>
        <p>${row.outcome_reason ?? ''}</p>`;
    case 'revoked':
      return html`<p>Taken away</p>
        ${row.outcome_at !== null && html`<p class="quiet">${short(row.outcome_at)}</p>`}`;
    case 'already_ended':
      return html`<p>Had ended</p>`;
    case 'kept':
      return html`<p>Kept</p>`;
    case null:
      return html`<p class="quiet">Nothing yet</p>`;
  }
}

function ending({ review, file }: ReviewReport): Html {
  return html`${
      review.status === 'closed' &&
      html`<div class="signature">
        <p>Signature</p>
        <p>Date</p>
      </div>`
    }
    <footer>
      <p>
        Review ${review.id}. Names are those of ${saidTime(review.opened_at)}. Made by Rollcall on
        ${saidTime(new Date())}; the receipt of this file is ${file.receipt}.
      </p>
    </footer>`;
}

function moment(time: Date): Html {
  return html`<time datetime="${time.toISOString()}">${saidTime(time)}</time>`;
}

function period(first: Date, last: Date): string {
  const [from, to] = [short(first), short(last)];
  return from === to ? from : `${from} to ${to}`;
}

/** A time for a narrow column: "2026-11-22 14:05 UTC". */
function short(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
