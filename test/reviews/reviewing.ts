import { parse } from 'csv-parse/sync';
import { setTimeout as sleep } from 'node:timers/promises';
import { type List, peopleOf } from '../api/people.ts';
import type { TestApp } from '../support/app.ts';

/** A review as the API shows it. */
export interface Review {
  readonly id: string;
  readonly name: string;
  readonly scope: { readonly kind: string; readonly key: string; readonly name: string };
  readonly status: 'open' | 'closing' | 'closed' | 'cancelled';
  readonly overdue: boolean;
  readonly openedAt: string;
  readonly openedBy: string;
  readonly closedAt: string | null;
  readonly closedBy: string | null;
  readonly signedBy: string | null;
  readonly cancelledAt: string | null;
  readonly rows: number;
  readonly decided: number;
  readonly keep: number;
  readonly revoke: number;
  readonly left: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly tasks: { readonly open: number; readonly done: number };
}

/** A row of a review. */
export interface Row {
  readonly row: number;
  readonly user: {
    readonly id: string;
    readonly userName: string;
    readonly fullName: string;
    readonly email: string | null;
  };
  readonly kind: string;
  readonly target: string;
  readonly targetName: string;
  readonly level: string;
  readonly via: {
    readonly type: string;
    readonly source?: string;
    readonly group?: { readonly displayName: string };
  };
  readonly ended: boolean;
  readonly decision: string | null;
  readonly note: string | null;
  readonly reviewer: string | null;
  readonly decidedBy: string | null;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly history: readonly {
    readonly decision: string;
    readonly note: string | null;
    readonly reviewer: string | null;
    readonly until: string | null;
  }[];
}

export interface Task {
  readonly row: number;
  readonly task: string;
  readonly done: boolean;
}

export const inAWeek = () => new Date(Date.now() + 7 * 86_400_000).toISOString();

/** What reviewers do to an app, beside what an identity provider and an admin do. */
export function reviewingIn(app: TestApp) {
  const people = peopleOf(app);
  const admin = <Body>(...asked: Parameters<typeof people.admin>) => people.admin<Body>(...asked);
  const list = async <Item>(path: string): Promise<Item[]> => {
    const items: Item[] = [];
    for (let cursor = ''; ;) {
      const join = path.includes('?') ? '&' : '?';
      const page = await admin<List<Item>>('GET', `${path}${cursor && `${join}cursor=${cursor}`}`);
      items.push(...page.items);
      if (page.nextCursor === null) return items;
      cursor = page.nextCursor;
    }
  };
  return {
    ...people,
    open: (more: object = {}) =>
      admin<Review>('POST', '/reviews', { name: 'Review', dueAt: inAWeek(), ...more }),
    review: (id: string) => admin<Review>('GET', `/reviews/${id}`),
    rows: (id: string, query = '') => list<Row>(`/reviews/${id}/rows${query}`),
    row: (id: string, row: number) => admin<Row>('GET', `/reviews/${id}/rows/${row}`),
    tasks: (id: string, query = '') => list<Task>(`/reviews/${id}/tasks${query}`),
    decide: (id: string, row: number, body: object) => admin<Row>('PUT', `/reviews/${id}/rows/${row}`, body),
    decideAll: (id: string, filter: object, decision: string | null, more: object = {}) =>
      admin<{ changed: number; unchanged: number }>('POST', `/reviews/${id}/decisions`, {
        ...{ filter, decision },
        ...more,
      }),
    close: (id: string, body: object = {}) => admin<Review>('POST', `/reviews/${id}/close`, body),
    /** Closes and waits until all is applied. */
    async closed(id: string, body: object = {}): Promise<Review> {
      let review = await admin<Review>('POST', `/reviews/${id}/close`, body);
      while (review.status === 'closing') {
        await sleep(50);
        review = await admin<Review>('GET', `/reviews/${id}`);
      }
      return review;
    },
    async csv(path: string): Promise<Record<string, string>[]> {
      const { body } = await app.request<string>('GET', `/api/v1${path}`, { token: app.tokens.admin });
      return parse(body, { columns: true, bom: false });
    },
    async events(query: string): Promise<readonly Event[]> {
      return (await admin<List<Event>>('GET', `/audit?limit=500&${query}`)).items;
    },
  };
}

/** An audit event as far as these tests look. */
export interface Event {
  readonly action: string;
  readonly actor: { readonly kind: string; readonly name: string };
  readonly requestId: string;
  readonly target: { readonly id: string };
  readonly related: string | null;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}
