/** How many cases each property tries; `PROPERTY_RUNS` sets another number. */
export const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 300);
