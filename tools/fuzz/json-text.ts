/** A JSON value in the making: plain values, and texts that stand in the body as they are, valid or not. */
export type Node = string | number | boolean | null | Raw | readonly Node[] | Members;

/** Stands in the body as it is. */
export interface Raw {
  readonly raw: string;
}

/** An object as a list, since names may be given twice and may be "__proto__". */
export interface Members {
  readonly members: readonly (readonly [string, Node])[];
}

export function isRaw(node: Node): node is Raw {
  return typeof node === 'object' && node !== null && 'raw' in node;
}

export function isMembers(node: Node): node is Members {
  return typeof node === 'object' && node !== null && 'members' in node;
}

/** A plain JSON value as a node. */
export function nodeOf(value: unknown): Node {
  if (Array.isArray(value)) return value.map(nodeOf);
  if (typeof value === 'object' && value !== null) {
    return { members: Object.entries(value).map(([name, one]) => [name, nodeOf(one)] as const) };
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}

/** The text of a node, which need not be valid JSON. */
export function textOf(node: Node): string {
  if (isRaw(node)) return node.raw;
  if (Array.isArray(node)) return `[${(node as readonly Node[]).map(textOf).join(',')}]`;
  if (isMembers(node)) {
    return `{${node.members.map(([name, value]) => `${JSON.stringify(name)}:${textOf(value)}`).join(',')}}`;
  }
  return JSON.stringify(node);
}
