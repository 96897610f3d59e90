declare module 'pg/lib/utils.js' {
  const utils: {
    /** A value as the database takes it for a parameter. */
    readonly prepareValue: (value: unknown) => string | Buffer | null;
  };
  export default utils;
}
