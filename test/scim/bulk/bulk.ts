import { expect } from 'chai';
import type { Body, ScimClient, ScimReply } from '../http/client.ts';

export const BULK_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
export const BULK_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** Sends operations as one bulk request. */
export function sendBulk(
  scim: ScimClient,
  operations: readonly unknown[],
  more: object = {},
): Promise<ScimReply> {
  return scim('POST', '/Bulk', { body: { schemas: [BULK_REQUEST], ...more, Operations: operations } });
}

/** Sends operations and answers how each went. */
export async function bulk(
  scim: ScimClient,
  operations: readonly unknown[],
  more: object = {},
): Promise<Body[]> {
  const reply = await sendBulk(scim, operations, more);
  expect(reply.status, JSON.stringify(reply.body)).to.equal(200);
  expect(Object.keys(reply.body)).to.have.members(['schemas', 'Operations']);
  expect(reply.body.schemas).to.deep.equal([BULK_RESPONSE]);
  for (const one of reply.body.Operations) {
    expect(one.status).to.match(/^[2-5]\d\d$/);
    if (Number(one.status) < 300) expect(one).not.to.have.property('response');
    else expect(one.response).to.include({ status: one.status }).and.to.have.property('detail');
  }
  return reply.body.Operations as Body[];
}

export function statuses(answered: readonly Body[]): string[] {
  return answered.map((one) => one.status as string);
}

/** The id at the end of an answer's location. */
export function idOf(answer: Body): string {
  return (answer.location as string).split('/').at(-1) ?? '';
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
