import type { SchemaAttribute } from './attribute.ts';
import { attribute } from './attribute.ts';

const readOnly = { mutability: 'readOnly' } as const;

/**
 * The attributes of every resource, RFC 7643 section 3.1. scimmy has them too, but without `caseExact` on
 * `meta.version`, with a plain string for `meta.location`, and with `schemas` left out of every partial answer.
 */
export const commonAttributes: readonly SchemaAttribute[] = [
  attribute('reference', ['schemas'], { multiValued: true, required: true, returned: 'always' }),
  attribute('string', ['id'], {
    ...readOnly,
    caseExact: true,
    required: true,
    returned: 'always',
    uniqueness: 'global',
  }),
  attribute('string', ['externalId'], { caseExact: true }),
  attribute('complex', ['meta'], {
    ...readOnly,
    subAttributes: [
      attribute('string', ['meta', 'resourceType'], { ...readOnly, caseExact: true }),
      attribute('dateTime', ['meta', 'created'], readOnly),
      attribute('dateTime', ['meta', 'lastModified'], readOnly),
      attribute('reference', ['meta', 'location'], { ...readOnly, caseExact: true }),
      attribute('string', ['meta', 'version'], { ...readOnly, caseExact: true }),
    ],
  }),
];
