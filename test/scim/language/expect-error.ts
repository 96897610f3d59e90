import { expect } from 'chai';
import type { ScimType } from '../../../src/scim/scim-error.ts';
import { ScimError } from '../../../src/scim/scim-error.ts';

/** Expects a ScimError of that kind; a 400 unless another status is given. Gives it back. */
export function expectError(act: () => unknown, scimType: ScimType | undefined, status = 400): ScimError {
  let result: unknown;
  try {
    result = act();
  } catch (error) {
    expect(error).to.be.instanceOf(ScimError);
    const found = error as ScimError;
    expect(found.scimType, found.detail).to.equal(scimType);
    expect(found.status).to.equal(status);
    expect(found.detail).to.be.a('string').and.not.equal('');
    return found;
  }
  throw new Error(`Expected ${String(scimType)}, got ${JSON.stringify(result)}`);
}
