/** Each full- or halfwidth character with its ordinary form, from the Unicode Character Database. */
const PAIRS =
  '　 ￠¢￡£￢¬￣¯￤¦￥¥￦₩｟⦅｠⦆￨│￩←￪↑￫→￬↓￭■￮○' +
  '｡。｢「｣」､、･・ｦヲｧァｨィｩゥｪェｫォｬャｭュｮョｯッｰーｱアｲイｳウｴエｵオｶカｷキｸクｹケｺコｻサｼシｽスｾセｿソﾀタﾁチﾂツﾃテﾄトﾅナﾆニﾇヌﾈネﾉノ' +
  'ﾊハﾋヒﾌフﾍヘﾎホﾏマﾐミﾑムﾒメﾓモﾔヤﾕユﾖヨﾗラﾘリﾙルﾚレﾛロﾜワﾝンﾞ\u3099ﾟ\u309a' +
  '\uffa0\u3164ﾡㄱﾢㄲﾣㄳﾤㄴﾥㄵﾦㄶﾧㄷﾨㄸﾩㄹﾪㄺﾫㄻﾬㄼﾭㄽﾮㄾﾯㄿﾰㅀﾱㅁﾲㅂﾳㅃﾴㅄﾵㅅﾶㅆﾷㅇﾸㅈﾹㅉﾺㅊﾻㅋﾼㅌﾽㅍﾾㅎ' +
  'ￂㅏￃㅐￄㅑￅㅒￆㅓￇㅔￊㅕￋㅖￌㅗￍㅘￎㅙￏㅚￒㅛￓㅜￔㅝￕㅞￖㅟￗㅠￚㅡￛㅢￜㅣ';

/** By the character that has an ordinary form. */
export const ORDINARY: ReadonlyMap<string, string> = new Map([
  ...Array.from({ length: 94 }, (_, index): [string, string] => [
    String.fromCodePoint(0xff01 + index),
    String.fromCodePoint(0x21 + index),
  ]),
  ...Array.from({ length: PAIRS.length / 2 }, (_, index): [string, string] => [
    PAIRS.charAt(2 * index),
    PAIRS.charAt(2 * index + 1),
  ]),
]);

/** First and last of what nobody sees: control characters and DefaultIgnorableCodePoint of DerivedCoreProperties. */
const UNSEEN = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfff8],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
] as const;

/** First and last of white space, from PropList. */
const SPACES = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0x85, 0x85],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
] as const;

function isIn(ranges: readonly (readonly [number, number])[], character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return ranges.some(([first, last]) => code >= first && code <= last);
}

/** A userName prepared as RFC 7613 section 3.2 asks, and without what nobody sees: shares no code with the product. */
export function preparedName(text: string): string {
  return preparedNamePart(text).replace(/^ +| +$/g, '');
}

/** An address without outer white space and what nobody sees. */
export function preparedAddress(text: string): string {
  return Array.from(text)
    .filter((character) => !isIn(UNSEEN, character))
    .join('')
    .trim();
}

/** The same for a part of a name, whose outer spaces are inner ones. */
export function preparedNamePart(text: string): string {
  return Array.from(text, (character) => ORDINARY.get(character) ?? character)
    .map((character) => (isIn(SPACES, character) ? ' ' : character))
    .filter((character) => !isIn(UNSEEN, character))
    .join('')
    .normalize('NFC');
}
