// The published types bring Koa's with them, which do not compile beside Express 5's.
declare module 'passport-http-bearer' {
  import type passport from 'passport';

  type Done = (error: unknown, user?: unknown) => void;

  export const Strategy: new (verify: (token: string, done: Done) => void) => passport.Strategy;
}
