import { expect } from 'chai';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { bytesOf, MAX_EVENT_BYTES, recorded } from '../../../src/core/audit/event-size.ts';
import { noise } from '../users/large-steps.ts';

describe('what an event keeps of a change', () => {
  const list = Array.from({ length: 1_000 }, (_, n) => ({ value: `a${n}@x.io`, type: 'work' }));
  const withOne = (at: number, element: object) => list.with(at, element as (typeof list)[number]);

  it('is all of it, while that is short and nothing in it is the same', () => {
    const change = { before: { title: 'A', status: 'active' }, after: { title: null, status: 'inactive' } };
    expect(recorded(change, 1)).to.deep.equal(change);
    expect(recorded({ before: undefined, after: undefined }, 1)).to.deep.equal({ before: null, after: null });
  });

  it('is the elements of a list that differ, and how many do not', () => {
    const before = { emails: list };
    const after = { emails: withOne(500, { value: 'new@x.io' }) };
    expect(recorded({ before, after }, 1)).to.deep.equal({
      before: { emails: [list[500], { $unchanged: 999 }] },
      after: { emails: [{ value: 'new@x.io' }, { $unchanged: 999 }] },
    });
    expect(recorded({ before: [{ a: 1, b: 2 }], after: [{ b: 2, a: 1 }, { c: 3 }] }, 1)).to.deep.equal({
      before: [{ $unchanged: 1 }],
      after: [{ c: 3 }, { $unchanged: 1 }],
    });
  });

  it('has elements that are there several times as often as they came or went', () => {
    expect(recorded({ before: ['a', 'a', 'b'], after: ['a', 'b', 'b', 'b'] }, 1)).to.deep.equal({
      before: ['a', { $unchanged: 2 }],
      after: ['b', 'b', { $unchanged: 2 }],
    });
  });

  it('shows elements that changed places in their order', () => {
    expect(recorded({ before: ['a', 'b', 'c', 'd'], after: ['a', 'c', 'b', 'd'] }, 1)).to.deep.equal({
      before: ['b', 'c', { $unchanged: 2 }],
      after: ['c', 'b', { $unchanged: 2 }],
    });
  });

  it('has length and hash of a long text', () => {
    const [one, other] = [noise(1, 65_000), `${noise(2, 1_001)}é`];
    const told = (text: string) => ({
      $text: { length: text.length, sha256: createHash('sha256').update(text).digest('hex') },
    });
    expect(recorded({ before: { photo: one }, after: { photo: other } }, 1)).to.deep.equal({
      before: { photo: told(one) },
      after: { photo: told(other) },
    });
    expect(recorded({ before: null, after: noise(1, 1_000) }, 1).after).to.equal(noise(1, 1_000));
  });

  it('says how many elements have no place; short fields always have one', () => {
    const emails = list.map((one, n) => ({ ...one, display: noise(n, 50) }));
    const { before, after } = recorded(
      { before: { status: 'pending', emails: [] }, after: { emails, status: 'active', title: 'T' } },
      1,
    ) as { before: object; after: { emails: { $omitted?: number }[] } };
    expect(before).to.deep.equal({ status: 'pending', emails: [] });
    expect(after).to.deep.include({ status: 'active', title: 'T' });
    const shown = after.emails.length - 1;
    expect(shown).to.be.greaterThan(50);
    expect(after.emails.at(-1)).to.deep.equal({ $omitted: 1_000 - shown });
    expect(after.emails.slice(0, shown)).to.deep.equal(emails.slice(0, shown));
  });

  it('has less place when there are many events, and never more than its place', () => {
    const text = fc
      .tuple(fc.nat(9), fc.constantFrom(0, 3, 99, 101, 1_001, 5_000))
      .map(([n, length]) => noise(n, length));
    const scalar = fc.oneof(text, fc.integer(), fc.constant(null));
    const list = fc
      .tuple(
        fc.array(fc.oneof(scalar, fc.record({ value: text, type: text })), { maxLength: 5 }),
        fc.nat(100),
      )
      .map(([few, times]) => Array.from({ length: times }, () => few).flat());
    const fields = fc.dictionary(
      fc.constantFrom('a', 'b', 'emails', 'status'),
      fc.oneof(scalar, list, fc.record({ a: list })),
    );
    const value = fc.oneof(scalar, list, fields);
    fc.assert(
      fc.property(value, value, fc.constantFrom(1, 500, 4_096, 100_000), (before, after, events) => {
        const most = Math.max(1_024, Math.min(MAX_EVENT_BYTES, 4_194_304 / events));
        expect(bytesOf(recorded({ before, after }, events))).to.be.at.most(most + 100);
      }),
    );
  });
});
