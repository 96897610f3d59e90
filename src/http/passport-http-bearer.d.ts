// The published types bring Koa's with them, which do not compile beside Express 5's.
declare module 'passport-http-bearer' {
  type Done<Token> = (error: unknown, token?: Token | false) => void;

  /** What a strategy calls when it has looked at a request; passport gives it these, and so do we. */
  interface Outcome<Token> {
    readonly success: (token: Token) => void;
    /** With a challenge or a status. */
    readonly fail: (challenge?: string | number) => void;
    readonly error: (error: unknown) => void;
  }

  interface HeadersOnly {
    readonly headers: { readonly authorization?: string | undefined };
  }

  export class Strategy<Token> {
    constructor(verify: (secret: string, done: Done<Token>) => void);
    authenticate(this: Strategy<Token> & Outcome<Token>, req: HeadersOnly): void;
  }
}
