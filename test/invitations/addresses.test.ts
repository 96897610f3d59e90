import { expect } from 'chai';
import { parseAddresses } from '../../src/core/invitations/addresses.ts';
import { RollcallError } from '../../src/lib/errors.ts';

const emails = (text: string | readonly string[]) => parseAddresses(text).addresses.map((one) => one.email);

describe('addresses as people paste them', () => {
  const wanted = ['a@x.io', 'b@x.io', 'c@x.io'];

  for (const [how, text] of Object.entries({
    commas: 'a@x.io,b@x.io, c@x.io',
    semicolons: 'a@x.io;b@x.io ;c@x.io;',
    spaces: '  a@x.io b@x.io   c@x.io ',
    tabs: 'a@x.io\tb@x.io\tc@x.io',
    'new lines': 'a@x.io\nb@x.io\r\n\r\nc@x.io\n',
    'all of them': 'a@x.io;\n\tb@x.io , \u00a0c@x.io',
    'a mail program': 'Ann Lee <a@x.io>, "Bo, the Builder" <b@x.io>; <c@x.io>',
    'names without commas between': 'Ann Lee <a@x.io> Bo <b@x.io> c@x.io',
    'addresses before a name': 'a@x.io b@x.io Cy Young <c@x.io>',
  })) {
    it(`are separated by ${how}`, () => {
      expect(emails(text)).to.deep.equal(wanted);
      expect(parseAddresses(text).skipped).to.deep.equal([]);
    });
  }

  it('come with the name before them', () => {
    const { addresses } = parseAddresses('Ann Lee <a@x.io>, "Bo, the Builder" <b@x.io>, c@x.io Dee <d@x.io>');
    expect(addresses).to.deep.equal([
      { email: 'a@x.io', name: 'Ann Lee' },
      { email: 'b@x.io', name: 'Bo, the Builder' },
      { email: 'c@x.io', name: undefined },
      { email: 'd@x.io', name: 'Dee' },
    ]);
  });

  it('are one from each element of a list', () => {
    expect(emails(['a@x.io', ' Bo <b@x.io> ', '', 'c@x.io'])).to.deep.equal(wanted);
    expect(emails(['a@x.io, b@x.io', 'c@x.io'])).to.deep.equal(['c@x.io']);
  });

  it('are there once, as first written', () => {
    expect(emails('Ada@x.io, ada@X.io, ADA@x.io')).to.deep.equal(['Ada@x.io']);
  });

  const refused: Readonly<Record<string, RegExp>> = {
    ada: /not an e-mail address/,
    '@x.io': /not an e-mail address/,
    'ada@': /not an e-mail address/,
    'ada@localhost': /not the name of a domain/,
    'ada@127.0.0.1': /not the name of a domain/,
    'ada@[127.0.0.1]': /not the name of a domain/,
    'ada@x..io': /not the name of a domain/,
    'ada@-x.io': /not the name of a domain/,
    'ada@x_y.io': /not the name of a domain/,
    'a@b@x.io': /part before the "@"/,
    '.ada@x.io': /part before the "@"/,
    'a..b@x.io': /part before the "@"/,
    'a\\b@x.io': /part before the "@"/,
    [`${'a'.repeat(65)}@x.io`]: /longer than 64/,
    [`a@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(63)}.io`]: /longer than 254/,
    // Cyrillic letters that look like Latin ones, a full-width letter, a zero-width space.
    'аda@x.io': /"а" \(U\+0430\), which may be taken for another/,
    'ada@xn.іo': /U\+0456.*write the domain as xn\.xn--o-evb/,
    'ａda@x.io': /U\+FF41/,
    'a\u200bda@x.io': /U\+200B/,
    'ada\r\nBcc: eve@x.io': /control character \(U\+000D\)/,
    'ada@x.io\u0000': /control character \(U\+0000\)/,
    'ada@x.io>\r\nRCPT TO:<eve@x.io': /control character/,
  };
  for (const [email, reason] of Object.entries(refused)) {
    it(`refuse ${JSON.stringify(email.length > 40 ? `${email.slice(0, 40)}…` : email)} and say why`, () => {
      const { addresses, skipped } = parseAddresses([email, 'right@x.io']);
      expect(addresses.map((one) => one.email)).to.deep.equal(['right@x.io']);
      expect(skipped.map((one) => one.reason)).to.have.lengthOf(1);
      expect(skipped[0]!.reason).to.match(reason);
    });
  }

  it('take every right one', () => {
    const right = [
      "o'hara+tag@x.io",
      'a_b-c.d@sub.x-y.io',
      `${'a'.repeat(64)}@x.io`,
      'x@xn--bcher-kva.example',
    ];
    expect(emails(right)).to.deep.equal(right);
  });

  it('are at most 500, and at least one', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `u${i}@x.io`);
    expect(emails(many(500))).to.have.lengthOf(500);
    expect(emails([...many(500), ...many(500)])).to.have.lengthOf(500);
    for (const list of [many(501), many(10_000), many(10_000).join(' '), '', ' ,;\n', []]) {
      expect(() => parseAddresses(list)).to.throw(RollcallError, /At most 500|There is no address/);
    }
  });

  it('are read in no time, whatever is pasted', () => {
    for (const piece of ['"', '<', '"a\\', '<a@', '"<', ', ', 'a@', '@', '\\"', '"\n']) {
      const begun = process.hrtime.bigint();
      const text = piece.repeat(250_000 / piece.length);
      try {
        parseAddresses(text);
        parseAddresses([text]);
      } catch (error) {
        expect(error).to.be.instanceOf(RollcallError);
      }
      expect(Number(process.hrtime.bigint() - begun) / 1e9, JSON.stringify(piece)).to.be.below(2);
    }
  });

  it('have no name that is none', () => {
    const { addresses } = parseAddresses([
      `${'n'.repeat(201)} <a@x.io>`,
      '\u202eevil <b@x.io>',
      'x\u0007 <c@x.io>',
    ]);
    expect(addresses.map((one) => one.name)).to.deep.equal([undefined, undefined, undefined]);
  });
});
