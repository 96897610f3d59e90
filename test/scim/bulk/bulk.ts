import { expect } from 'chai';
import { ENTERPRISE, type Operated, type Replied, type Scim } from './answers.ts';

export const BULK_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
export const BULK_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

/** Sends operations as one bulk request. */
export function sendBulk(scim: Scim, operations: readonly unknown[], more: object = {}): Promise<Replied> {
  return scim('POST', '/Bulk', { body: { schemas: [BULK_REQUEST], ...more, Operations: operations } });
}

/** Sends operations and answers how each went. */
export async function bulk(
  scim: Scim,
  operations: readonly unknown[],
  more: object = {},
): Promise<readonly Operated[]> {
  const reply = await sendBulk(scim, operations, more);
  expect(reply.status, JSON.stringify(reply.body)).to.equal(200);
  expect(Object.keys(reply.body)).to.have.members(['schemas', 'Operations']);
  expect(reply.body.schemas).to.deep.equal([BULK_RESPONSE]);
  for (const one of reply.body.Operations) {
    expect(one.status).to.match(/^[2-5]\d\d$/);
    if (Number(one.status) < 300) expect(one).not.to.have.property('response');
    else expect(one.response).to.include({ status: one.status }).and.to.have.property('detail');
  }
  return reply.body.Operations;
}

export function statuses(answered: readonly Operated[]): string[] {
  return answered.map((one) => one.status);
}

/** The id at the end of an answer's location. */
export function idOf(answer: Operated | undefined): string {
  return answer?.location?.split('/').at(-1) ?? '';
}

/** A POST of a user. */
export function postUser(bulkId: string, userName: string, more: object = {}): object {
  return { method: 'POST', path: '/Users', bulkId, data: { userName, ...more } };
}

/** A POST of a group. */
export function postGroup(bulkId: string, displayName: string, ...members: string[]): object {
  const data = { displayName, members: members.map((value) => ({ value })) };
  return { method: 'POST', path: '/Groups', bulkId, data };
}

/** A manager, in the enterprise extension. */
export function managedBy(value: string): object {
  return { [ENTERPRISE]: { manager: { value } } };
}
