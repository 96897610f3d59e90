/** The query of a request, as it came; every value a string. */
export type RawQuery = Readonly<Record<string, string>>;
