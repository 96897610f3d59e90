import { expect } from 'chai';
import { type ErrorKind, RollcallError } from '../../src/lib/errors.ts';

/** Waits for an error of the core of that kind and answers it. */
export async function expectRefusal(promise: Promise<unknown>, kind: ErrorKind): Promise<RollcallError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(RollcallError);
  expect((error as RollcallError).kind).to.equal(kind);
  return error as RollcallError;
}
