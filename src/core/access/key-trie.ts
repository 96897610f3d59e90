import { foldCase } from '../../lib/fold-case.ts';

/** Keys by their characters, so that all that stand at a place of a text are found in one walk along it. */
export interface KeyTrie {
  /** Where the keys end that begin at `start` of a text whose case is folded; the longest first. */
  readonly endsFrom: (folded: Uint32Array, start: number) => readonly number[];
}

/** The keys that begin alike so far; those of the next character are told apart when somebody first goes there. */
interface Node {
  readonly isEnd: boolean;
  readonly longer: readonly string[];
  next?: Map<number, Node>;
}

/** Puts keys into a trie, without regard to case. Most of it is never made: one name has few beginnings of keys. */
export function keyTrie(keys: readonly string[]): KeyTrie {
  const root = nodeOf(keys, 0);
  return {
    endsFrom: (folded, start) => {
      const ends: number[] = [];
      let at = start;
      for (let node: Node | undefined = root; node; at += 1) {
        if (node.isEnd) ends.push(at);
        node = at < folded.length ? childrenOf(node, at - start).get(folded[at] as number) : undefined;
      }
      return ends.reverse();
    },
  };
}

function nodeOf(keys: readonly string[], depth: number): Node {
  return {
    isEnd: keys.some((key) => key.length === depth),
    longer: keys.filter((key) => key.length > depth),
  };
}

function childrenOf(node: Node, depth: number): Map<number, Node> {
  if (node.next) return node.next;
  const groups = new Map<number, string[]>();
  for (const key of node.longer) {
    const code = foldCase(key.charAt(depth));
    const group = groups.get(code);
    if (group) group.push(key);
    else groups.set(code, [key]);
  }
  node.next = new Map([...groups].map(([code, group]) => [code, nodeOf(group, depth + 1)]));
  return node.next;
}
