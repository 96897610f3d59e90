/** Why a message was not taken over. */
export class MailFailure extends Error {
  /** For the admin: what happened, without a secret. */
  readonly reason: string;
  /** True when the address or the message was refused for good, so that another attempt would fail alike. */
  readonly isFinal: boolean;

  constructor(reason: string, isFinal: boolean, cause: unknown) {
    super(reason, { cause });
    this.name = 'MailFailure';
    this.reason = reason;
    this.isFinal = isFinal;
  }
}

/** What nodemailer tells of a failure. */
interface SmtpError {
  readonly code?: string;
  /** The command that was under way: CONN, AUTH PLAIN, MAIL FROM, RCPT TO, DATA. */
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

/**
 * A failure in words. What is said of the recipient or of the message itself is final. So is silence after the message
 * was handed over: another attempt could bring it twice.
 */
export function explain(error: unknown, isHandedOver: boolean): MailFailure {
  const { code = '', command = '', response, responseCode = 0 } = error as SmtpError;
  const said = response === undefined ? '' : `: ${plain(response)}`;
  if (command.startsWith('AUTH') || code === 'EAUTH' || code === 'ENOAUTH') {
    return new MailFailure(`The mail server refused our sign-in${said}`, false, error);
  }
  if (
    code === 'ETLS' ||
    (command === 'EHLO' && error instanceof Error && error.message.includes('STARTTLS'))
  ) {
    return new MailFailure(`${WITHOUT_TLS}${said}`, false, error);
  }
  // After the end of a message only a refusal says that it was not taken over.
  if (response !== undefined && (!isHandedOver || responseCode >= 400)) {
    const isFinal = responseCode >= 500 && (command === 'RCPT TO' || command === 'DATA');
    return new MailFailure(
      `The mail server ${isFinal ? 'refused' : 'put off'} the message${said}`,
      isFinal,
      error,
    );
  }
  if (isHandedOver) return new MailFailure(UNKNOWN, true, error);
  const what = error instanceof Error ? plain(error.message) : 'unknown';
  return new MailFailure(`The message could not be handed over: ${what}`, false, error);
}

const WITHOUT_TLS =
  'The connection to the mail server could not be secured by TLS. The password in SMTP_URL is not sent without it, ' +
  'unless SMTP_ALLOW_PLAINTEXT is true';

const UNKNOWN =
  'The connection ended before the mail server had answered, so the message may have arrived or not. Resend the ' +
  'invitation to be sure.';

const MAX_LENGTH = 300;

function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH);
}
