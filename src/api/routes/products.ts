import { z } from 'zod';
import { listProducts, type Product, putProduct } from '../../core/catalog/products.ts';
import { answer } from '../answer.ts';
import { listOf, listQuery, listReply, pageOf } from '../lists.ts';
import { route } from '../route.ts';
import { READERS, WRITERS } from '../scopes.ts';

const overflow = z.enum(['refuse', 'allow']);

const license = z.object({
  key: z.string(),
  name: z.string(),
  seats: z.int().nullable().describe('How many users may hold one; null for no limit.'),
  used: z.int().describe('How many active and pending users hold one; above `seats` it is over the limit.'),
  overflow: overflow.describe(
    'What a grant past the last seat gets: refused, or given and shown as over the limit.',
  ),
});

const product = z
  .object({
    key: z.string(),
    name: z.string(),
    enabled: z.boolean(),
    licenses: z.array(license),
  })
  .meta({ id: 'Product' });

function shown({ key, name, enabled, licenses }: Product): z.infer<typeof product> {
  return { key, name, enabled, licenses: [...licenses] };
}

export const productRoutes = [
  route({
    method: 'get',
    path: '/products',
    summary: 'The products with their licenses, and how many seats are used',
    scopes: READERS,
    query: listQuery(['key', 'name'], 'key'),
    reply: listReply(product),
    statuses: [200],
    handler: async ({ ctx, query }) => listOf(await listProducts(ctx, pageOf(query)), query, shown),
  }),
  route({
    method: 'put',
    path: '/products/{key}',
    summary: 'Change a product, or make it; licenses that are not mentioned stay',
    scopes: WRITERS,
    params: z.object({ key: z.string() }),
    body: z.strictObject({
      key: z.string().optional(),
      name: z.string().trim().optional(),
      enabled: z.boolean().optional(),
      licenses: z
        .array(
          z.strictObject({
            key: z.string(),
            name: z.string().trim().optional(),
            seats: z.int().nullish(),
            overflow: overflow.optional(),
          }),
        )
        .max(100)
        .optional(),
    }),
    reply: product,
    statuses: [200, 201],
    handler: async ({ ctx, params, body }) => {
      const put = await putProduct(ctx, params.key, body);
      return answer(shown(put.product), { status: put.created ? 201 : 200 });
    },
  }),
];
