import { expect } from 'chai';
import { parseUserName, prepareUserName } from '../../../src/core/shared/user-name.ts';
import { ORDINARY, preparedName } from '../../support/prepared-name.ts';

describe('a userName', () => {
  it('is prepared as RFC 7613 section 3.2 asks, each character of the first plane', () => {
    expect(ORDINARY.size).to.equal(226);
    for (let code = 0; code <= 0xffff; code += 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const character = String.fromCodePoint(code);
      if (prepareUserName(character) !== preparedName(character)) {
        expect.fail(`U+${code.toString(16)} became ${prepareUserName(character)}`);
      }
    }
  });

  it('is composed after its width was mapped, and keeps its case', () => {
    expect(prepareUserName('Zoe\u0308@\uff38.io')).to.equal('Zo\u00eb@X.io');
    expect(prepareUserName('\uff76\uff9e')).to.equal('\u30ac');
  });

  it('prepared once is prepared', () => {
    for (const name of ['zoe\u0308', '\uff76\uff9e', '\uffe3', '\u0958', '\u1e9b\u0323', '\ufb2c']) {
      expect(prepareUserName(prepareUserName(name))).to.equal(prepareUserName(name));
    }
  });

  it('has no outer spaces and nothing that nobody sees', () => {
    for (const name of [
      ' ada',
      'ada\u00a0',
      'a\u200bd\u200da',
      '\u202eada\u202c',
      'ada\r\n',
      '\ufeffada',
      'a\u00adda\0',
    ])
      expect(prepareUserName(name)).to.equal('ada');
    expect(prepareUserName('Ada\u3000King\t ')).to.equal('Ada King');
    for (const name of ['', ' ', '\u200b', '\u3164\u2066'])
      expect(() => parseUserName(name)).to.throw('visible');
  });

  it('may have 255 characters, also once it is prepared', () => {
    expect(parseUserName('e\u0308'.repeat(255))).to.have.lengthOf(255);
    expect(() => parseUserName('\u0958'.repeat(200))).to.throw('more than 255');
  });
});
