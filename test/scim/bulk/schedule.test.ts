import { expect } from 'chai';
import { circlesOf } from '../../../src/scim/bulk/cycles.ts';
import { type BulkOperation, readBulkRequest } from '../../../src/scim/bulk/request.ts';
import { newSchedule } from '../../../src/scim/bulk/schedule.ts';
import { managedBy, postUser } from './bulk.ts';

/** The order in which a schedule gives out operations, all of which succeed but those of `failing`. */
function orderOf(raw: readonly object[], failing: readonly string[] = []): string[] {
  const { operations } = readBulkRequest({ Operations: raw });
  const ids = new Map<string, string>();
  const declared = new Set(operations.flatMap(({ bulkId }) => bulkId ?? []));
  const schedule = newSchedule(operations, { circles: circlesOf(operations), declared, ids });
  const order: string[] = [];
  const end = ({ bulkId = '' }: BulkOperation): void => {
    if (failing.includes(bulkId)) {
      schedule.failed(bulkId);
    } else {
      ids.set(bulkId, `id-${bulkId}`);
      schedule.made(bulkId);
    }
  };
  for (const operation of operations) {
    schedule.arrive(operation);
    for (let next = schedule.next(); next; next = schedule.next()) {
      const taken = next.kind === 'one' ? [next.operation] : next.circle;
      const names = taken.map(({ bulkId, index }) => bulkId ?? `#${index}`).join('+');
      order.push(names);
      for (const one of taken) if (one.bulkId !== undefined) end(one);
    }
  }
  return order;
}

const user = (name: string, manager?: string): object =>
  postUser(name, `${name}@x.io`, manager === undefined ? {} : managedBy(`bulkId:${manager}`));

describe('bulk: the order of operations', () => {
  it('is that of the request, where nothing waits', () => {
    expect(orderOf([user('a'), user('b', 'a'), user('c', 'a')])).to.deep.equal(['a', 'b', 'c']);
  });

  it('lets what waits follow at once', () => {
    expect(orderOf([user('a', 'c'), user('b'), user('c'), user('d')])).to.deep.equal(['b', 'c', 'a', 'd']);
  });

  it('takes a circle when the last of it has its turn, and what it waits for is made', () => {
    expect(orderOf([user('a', 'b'), user('x'), user('b', 'a'), user('y', 'a')])).to.deep.equal([
      'x',
      'a+b',
      'y',
    ]);
    const pair = [
      user('a', 'b'),
      { ...user('b', 'a'), data: { userName: 'b', ...managedBy('bulkId:a'), title: 'bulkId:z' } },
    ];
    expect(orderOf([...pair, user('z')])).to.deep.equal(['z', 'a+b']);
  });

  it('lets fail at once what refers to what will never be made', () => {
    expect(orderOf([user('a', 'nobody'), user('b', 'c'), user('c'), user('d')], ['c'])).to.deep.equal([
      'a',
      'c',
      'b',
      'd',
    ]);
  });

  it('keeps the order of operations on one resource', () => {
    const patch = (path: string, value: string): object => ({
      method: 'PATCH',
      path,
      data: { Operations: [{ op: 'add', path: 'title', value }] },
    });
    expect(
      orderOf([patch('/Users/1', 'bulkId:a'), patch('/Users/1', 'x'), patch('/Users/2', 'x'), user('a')]),
    ).to.deep.equal(['#2', 'a', '#0', '#1']);
  });

  it('of a thousand in a circle, and of a thousand in a chain sent backwards, is soon found', () => {
    const circle = Array.from({ length: 1000 }, (_, at) => user(`u${at}`, `u${(at + 1) % 1000}`));
    expect(orderOf(circle)).to.have.lengthOf(1);
    const chain = Array.from({ length: 1000 }, (_, at) =>
      user(`u${at}`, at < 999 ? `u${at + 1}` : undefined),
    );
    const order = orderOf(chain);
    expect([order[0], order[999]]).to.deep.equal(['u999', 'u0']);
  });
});
