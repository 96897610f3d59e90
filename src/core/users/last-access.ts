import { asId, type UserId } from '../../lib/ids.ts';
import { type AccessOutcome, noteAccess } from '../../store/users/last-access.ts';
import type { Context } from '../context/context.ts';
import { prepareAddress, prepareUserName } from '../shared/user-name.ts';

/** What a product tells: that a user, named by id, userName or address, was there at a time. */
export interface AccessReport {
  readonly user: string;
  readonly at: Date;
}

export interface AccessNoted {
  /** How many reports were of users whose last access moved forward. */
  readonly updated: number;
  /** How many told nothing new: a later access is known. */
  readonly unchanged: number;
  readonly skipped: readonly { readonly user: string; readonly reason: string }[];
}

/** Clocks of products may be ahead of ours by so much: such a time counts as now. */
const TOLERANCE_SECONDS = 5 * 60;

/**
 * Notes when users were last seen. A report that can't be used is skipped with the reason and refuses none of the
 * others; an earlier time than is known changes nothing; a time that lies ahead is skipped, unless clocks explain it.
 *
 * This is telemetry, not a change of what anybody may do: it is no `change` (docs/adr/0004), waits for none, and has
 * no audit event. What the last access was on a past day is kept beside it, a row for each user and day.
 */
export async function reportLastAccess(ctx: Context, reports: readonly AccessReport[]): Promise<AccessNoted> {
  const usable = reports.filter(({ at }) => at >= EARLIEST);
  const outcomes = await noteAccess(ctx.scope, usable.map(asNamed), TOLERANCE_SECONDS);
  const outcomeOf = new Map(usable.map((report, index) => [report, outcomes[index]]));
  const count = (outcome: AccessOutcome) => outcomes.filter((one) => one === outcome).length;
  return {
    updated: count('updated'),
    unchanged: count('unchanged'),
    skipped: reports.flatMap((report) => {
      const reason = REASONS[outcomeOf.get(report) ?? 'early'];
      return reason === undefined ? [] : [{ user: report.user, reason }];
    }),
  };
}

/** Before this nobody has used anything. */
const EARLIEST = new Date('2000-01-01T00:00:00Z');

function asNamed({ user, at }: AccessReport) {
  return {
    id: asId<UserId>(user) ?? null,
    userName: prepareUserName(user),
    email: prepareAddress(user),
    at,
  };
}

const REASONS: Readonly<Record<AccessOutcome | 'early', string | undefined>> = {
  updated: undefined,
  unchanged: undefined,
  unknown: 'There is no user of this id, userName or address in this workspace.',
  ambiguous: 'Several users have this address. Tell the id or the userName of the one you mean.',
  future: 'This time lies in the future. Compare the clocks.',
  early: 'This time lies before the year 2000. Send an RFC 3339 time such as 2030-01-31T12:00:00Z.',
};
