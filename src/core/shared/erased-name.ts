/** The pseudonym of an erased person, made from the id alone; a migration computes the same in SQL. */
export function erasedName(id: string): string {
  return `erased-${id.slice(-12)}`;
}
