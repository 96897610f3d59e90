const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATE_TIME = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?:(Z)|([+\- ])(\d\d):(\d\d))?$/i;

/** A day that exists, `YYYY-MM-DD`, from year 1 on (PostgreSQL has no year 0). */
export function isDate(text: string): boolean {
  const found = DATE.exec(text);
  if (!found) return false;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (year === 0 || month === 0 || month > 12 || day === 0) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= days;
}

/**
 * An xsd:dateTime (RFC 7643 section 2.3.5) as an RFC 3339 time, or undefined. One without a zone is taken as UTC.
 * A space for the sign is a `+` that was lost in a query string.
 */
export function rfc3339(text: string): string | undefined {
  const found = DATE_TIME.exec(text);
  if (!found) return undefined;
  const [, date = '', hour = '', minute = '', second = '', fraction = '', , sign, offsetHour, offsetMinute] =
    found;
  if (!isDate(date) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const time = `${date}T${hour}:${minute}:${second}${fraction}`;
  if (sign === undefined || offsetHour === undefined || offsetMinute === undefined) return `${time}Z`;
  if (Number(offsetHour) > 14 || Number(offsetMinute) > 59) return undefined;
  return `${time}${sign === '-' ? '-' : '+'}${offsetHour}:${offsetMinute}`;
}
