import { expect } from 'chai';
import { validate, version } from 'uuid';
import { newId } from '../../src/lib/ids.ts';

describe('new ids', () => {
  it('are UUIDs of version 7, each once, and sort as they were made', () => {
    const ids = Array.from({ length: 50_000 }, () => newId<never>() as string);
    expect(ids.every((id) => validate(id) && version(id) === 7)).to.equal(true);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids.toSorted()).to.deep.equal(ids);
  });

  it('carry their time, and go on sorting when the clock is set back', () => {
    const now = Date.now.bind(Date);
    const before = newId<never>() as string;
    expect(Math.abs(parseInt(before.replace('-', '').slice(0, 12), 16) - now())).to.be.below(1_000);
    Date.now = () => now() - 3_600_000;
    try {
      const after = [newId<never>(), newId<never>()] as string[];
      expect([before, ...after].toSorted()).to.deep.equal([before, ...after]);
    } finally {
      Date.now = now;
    }
  });
});
