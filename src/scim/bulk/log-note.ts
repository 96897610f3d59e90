import { asId } from '../../lib/ids.ts';
import type { Remark } from '../http/request-log.ts';
import { cutOutsideQuotes, keptDetail } from '../log-entry/detail.ts';
import { quoted, ScimError } from '../scim-error.ts';
import { targetOf } from './execute.ts';
import type { BulkOperation, BulkRequest } from './request.ts';
import type { BulkResult, Outcome } from './run.ts';

/** Characters of a path and of a reason. */
const SHOWN = 200;
/** Failures told one by one; the log keeps no more than these fill. */
const TOLD = 50;

/**
 * What a bulk request came to, for the provisioning log: its answer is 200 even when each operation failed. Which those
 * were and why, how many were not processed, and whom it made or was about.
 */
export function bulkRemark({ operations }: BulkRequest, result: BulkResult): Remark {
  const failed = operations.flatMap((operation) => {
    const outcome = result.outcomes.get(operation);
    return outcome && 'problem' in outcome ? [[operation, outcome] as const] : [];
  });
  const unprocessed = operations.length - result.outcomes.size;
  const said = [
    ...(failed.length > 0 ? [`${failed.length} of ${operations.length} operations failed.`] : []),
    ...(unprocessed > 0 ? [`${unprocessed} of ${operations.length} operations were not processed.`] : []),
    ...failed.slice(0, TOLD).map(([operation, outcome]) => failure(operation, outcome, result)),
  ];
  const targets = operations.flatMap(({ task }) =>
    task instanceof ScimError || task.method === 'POST' ? [] : [targetOf(task, result.ids)],
  );
  return { detail: said.length > 0 ? said.join('\n') : null, ids: [...result.ids.values(), ...targets] };
}

const METHODS = /^(?:GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)$/i;

/**
 * One line: the operation's place in the request, from 0, its method and path, the status and why. What the client wrote
 * stands in quotes.
 */
function failure(
  { index, method, task }: BulkOperation,
  { problem }: Extract<Outcome, { problem: unknown }>,
  { ids }: BulkResult,
): string {
  const [asked, path] =
    task instanceof ScimError
      ? [typeof method === 'string' && METHODS.test(method) ? method : '?', '']
      : [
          task.method,
          `${task.endpoint}${task.method === 'POST' ? '' : `/${shownTarget(targetOf(task, ids))}`}`,
        ];
  const said = typeof problem.body['detail'] === 'string' ? problem.body['detail'] : '';
  const why = keptDetail(cutOutsideQuotes(said, SHOWN), problem.body['scimType']);
  return `${index}: ${asked} ${path} ${problem.status} ${why}`.replace(/[\r\n]+/g, ' ');
}

function shownTarget(target: string): string {
  return asId(target) ? target : quoted(target, SHOWN);
}
