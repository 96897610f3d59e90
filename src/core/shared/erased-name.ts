/** What stands where an erased person's name stood; migration 0017 says the same. It tells of the id alone. */
export function erasedName(id: string): string {
  return `erased-${id.slice(-12)}`;
}
