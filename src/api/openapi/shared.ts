import { z } from 'zod';
import { problemSchema } from '../errors.ts';
import type { Route } from '../route.ts';
import { accessSchema, accountRoleSchema } from '../routes/access.ts';
import { conflictSchema } from '../routes/conflicts.ts';
import { grantSchema } from '../routes/mapping-rules.ts';
import { reviewRowSchema, reviewTaskSchema } from '../routes/review-rows.ts';
import { reviewSchema } from '../routes/reviews.ts';
import { resourceOf } from './tags.ts';

const NAMED: readonly (readonly [z.ZodType, string])[] = [
  [problemSchema, 'Problem'],
  [grantSchema, 'Grant'],
  [accountRoleSchema, 'AccountRole'],
  [accessSchema, 'Access'],
  [accessSchema.shape.products.element.shape.via.element, 'Way'],
  [conflictSchema, 'Conflict'],
  [reviewSchema, 'Review'],
  [reviewRowSchema, 'ReviewRow'],
  [reviewTaskSchema, 'ReviewTask'],
];

/** The schemas that have a name of their own, wherever they are used: the named ones, and what lists are lists of. */
export function sharedSchemas(routes: readonly Route[]): ReadonlyMap<z.ZodType, string> {
  const items = routes.flatMap((route): [z.ZodType, string][] => {
    const { item: name } = resourceOf(route);
    const schema = itemOf(route.reply);
    return name !== undefined && schema ? [[schema, name]] : [];
  });
  return new Map([...items, ...NAMED]);
}

function itemOf(reply: z.ZodType | undefined): z.ZodType | undefined {
  const items: unknown = reply instanceof z.ZodObject ? reply.shape.items : undefined;
  return items instanceof z.ZodArray ? (items.element as z.ZodType) : undefined;
}
