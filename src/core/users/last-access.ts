import { asId, type UserId } from '../../lib/ids.ts';
import { type AccessOutcome, noteAccess } from '../../store/users/last-access.ts';
import type { Context } from '../context/context.ts';
import { prepareAddress, prepareUserName } from '../shared/user-name.ts';

/** A product's report that a user (by id, userName or address) used it at a time. */
export interface AccessReport {
  readonly user: string;
  readonly at: Date;
}

export interface AccessReportResult {
  /** How many reports moved a user's last access forward. */
  readonly updated: number;
  /** How many reported nothing new, since a later access is known. */
  readonly unchanged: number;
  readonly skipped: readonly { readonly user: string; readonly reason: string }[];
}

/** Products' clocks may be ahead of ours by this much; such a time counts as now. */
const TOLERANCE_SECONDS = 5 * 60;

/**
 * Records when users were last seen. Unusable reports are skipped with a reason and don't affect the others; times
 * earlier than the known one change nothing; future times are skipped, apart from small clock differences.
 *
 * This is telemetry and alters nobody's access: it is not a `change` (docs/adr/0004), waits for none, and has no audit
 * event. The last access as of past days is kept in a row for each user and day.
 */
export async function reportLastAccess(
  ctx: Context,
  reports: readonly AccessReport[],
): Promise<AccessReportResult> {
  const usable = reports.filter(({ at }) => at >= EARLIEST);
  const outcomes = await noteAccess(ctx.scope, usable.map(toLookup), TOLERANCE_SECONDS);
  const outcomeOf = new Map(usable.map((report, index) => [report, outcomes[index]]));
  const count = (outcome: AccessOutcome) => outcomes.filter((other) => other === outcome).length;
  return {
    updated: count('updated'),
    unchanged: count('unchanged'),
    skipped: reports.flatMap((report) => {
      const reason = REASONS[outcomeOf.get(report) ?? 'early'];
      return reason === undefined ? [] : [{ user: report.user, reason }];
    }),
  };
}

/** Earlier times are taken for mistakes. */
const EARLIEST = new Date('2000-01-01T00:00:00Z');

function toLookup({ user, at }: AccessReport) {
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
  ambiguous: 'Several users have this address. Send the id or the userName of the user you mean.',
  future: 'This time lies in the future. Check the clock of the sender.',
  early: 'This time lies before the year 2000. Send an RFC 3339 time such as 2030-01-31T12:00:00Z.',
};
