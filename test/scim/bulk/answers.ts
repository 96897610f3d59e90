import type { Resource, ScimClient, ScimReply } from '../http/client.ts';

export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const ROLLCALL = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User';

/** How one operation of a bulk request went. */
export interface Operated {
  readonly method?: string;
  readonly bulkId?: string;
  readonly location?: string;
  readonly version?: string;
  readonly status: string;
  readonly response?: Resource;
}

/** One attribute of a schema. */
export interface Described {
  readonly name: string;
  readonly subAttributes: readonly Described[];
}

/** The answers that these tests look at: which part is there is what they test. */
export interface Answer extends Resource {
  readonly Resources: Answer[];
  readonly Operations: readonly Operated[];
  readonly attributes: readonly Described[];
  readonly authenticationSchemes: readonly object[];
}

export type Scim = ScimClient<Answer>;
export type Replied = ScimReply<Answer>;
