import { z } from 'zod';
import { exportReview, reportOf } from '../../core/reviews/report.ts';
import { csvFile, htmlFile } from '../file.ts';
import { reportChunks } from '../review-page/page.ts';
import { POLICY } from '../review-page/style.ts';
import { route } from '../route.ts';
import { READERS } from '../scopes.ts';

const byId = z.object({ id: z.string() });

export const reviewReportRoutes = [
  route({
    method: 'get',
    path: '/reviews/{id}/report.csv',
    summary: 'An access review as CSV: every row, who decided it and when, and what came of it',
    description:
      'Complete also for the largest reviews. `task` says of what is left to the identity provider whether it is done now; ' +
      'everything else in the file of a closed review stays as it is.',
    scopes: READERS,
    params: byId,
    statuses: [200],
    handler: async ({ ctx, params }) => {
      const { file, review } = await exportReview(ctx, params.id);
      return csvFile(file, 'review', review.ended_at ?? undefined);
    },
  }),
  route({
    method: 'get',
    path: '/reviews/{id}/report.html',
    summary: 'An access review as a page to save, read, print and sign',
    description:
      'One file that needs nothing else. A link cannot send the token, so save it: ' +
      '`curl -H "Authorization: Bearer …" -o review.html …/report.html`, and open the file. It lists at most 5,000 rows, the ' +
      'open tasks and what was taken away first, and says so when there are more.',
    scopes: READERS,
    params: byId,
    statuses: [200],
    handler: async ({ ctx, params }) => {
      const report = await reportOf(ctx, params.id);
      const date = report.review.ended_at ?? new Date();
      return htmlFile(reportChunks(report), report.file, { what: 'review', policy: POLICY, date });
    },
  }),
];
