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

/** A userName prepared as RFC 7613 section 3.2 asks: the reference, which shares no code with the product. */
export function preparedName(text: string): string {
  return Array.from(text, (character) => ORDINARY.get(character) ?? character)
    .join('')
    .normalize('NFC');
}
