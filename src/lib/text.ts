const TIME = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

/** A time as mails and pages say it: "Sunday 22 November 2026 at 14:05 UTC". */
export function saidTime(time: Date): string {
  return `${TIME.format(time).replace(',', '')} UTC`;
}

/** The account roles as people read them. What everybody has is not worth saying. */
export const ACCOUNT_ROLE_NAMES: Readonly<Record<string, string | undefined>> = {
  owner: 'Owner',
  admin: 'Admin',
  billing_manager: 'Billing manager',
};

/** A text without line breaks and other control characters, for a header, a title or a line of its own. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** A license as people read it: "Pro license", also when that is its name. */
export function saidLicense(name: string): string {
  const said = oneLine(name);
  return /\blicen[cs]e$/i.test(said) ? said : `${said} license`;
}
