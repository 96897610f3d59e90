import type { BulkOperation } from './request.ts';

/** POSTs that refer to each other, or one to itself, in the order of the request. */
export type Circle = readonly BulkOperation[];

/** The circles among the POSTs of a request (RFC 7644 section 3.7.1), by the operations in them. */
export function circlesOf(operations: readonly BulkOperation[]): ReadonlyMap<BulkOperation, Circle> {
  const posts = new Map<string, BulkOperation>();
  for (const operation of operations) {
    if (isPost(operation) && operation.bulkId !== undefined) posts.set(operation.bulkId, operation);
  }
  const circles = new Map<BulkOperation, Circle>();
  for (const component of components([...posts.values()], (post) => referred(post, posts))) {
    const [first] = component;
    if (component.length === 1 && first && !referred(first, posts).includes(first)) continue;
    const circle = component.toSorted((left, right) => left.index - right.index);
    for (const operation of circle) circles.set(operation, circle);
  }
  return circles;
}

function isPost({ task }: BulkOperation): boolean {
  return !(task instanceof Error) && task.method === 'POST';
}

function referred({ task }: BulkOperation, posts: ReadonlyMap<string, BulkOperation>): BulkOperation[] {
  if (task instanceof Error) return [];
  return [...task.references].flatMap((reference) => posts.get(reference) ?? []);
}

/** Strongly connected components (Tarjan). No deeper than there are operations. */
function components<Node>(nodes: readonly Node[], next: (node: Node) => readonly Node[]): Node[][] {
  const order = new Map<Node, number>();
  const stack: Node[] = [];
  const open = new Set<Node>();
  const found: Node[][] = [];

  const visit = (node: Node): number => {
    const at = order.size;
    order.set(node, at);
    stack.push(node);
    open.add(node);
    let low = at;
    for (const other of next(node)) {
      const seen = order.get(other);
      if (seen === undefined) low = Math.min(low, visit(other));
      else if (open.has(other)) low = Math.min(low, seen);
    }
    if (low === at) {
      const component = stack.splice(stack.indexOf(node));
      for (const member of component) open.delete(member);
      found.push(component);
    }
    return low;
  };
  for (const node of nodes) if (!order.has(node)) visit(node);
  return found;
}
