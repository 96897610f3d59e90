import type { ConstructorOptions } from 'pg-boss';

// The library's declarations name this type, and do not hold it.
declare module '../../../node_modules/pg-boss/dist/types.js' {
  export type ResolvedConstructorOptions = ConstructorOptions;
}
