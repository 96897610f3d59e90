import type { InvitationMail } from '../core/invitations/delivery.ts';
import { ACCOUNT_ROLE_NAMES, oneLine, saidLicense, saidTime } from '../lib/text.ts';
import { htmlOf, type Said } from './html-part.ts';

/** A message that a mailer sends, whole. */
export interface Message {
  /** Stands in its Message-ID: every attempt of one send is the same message. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The mail of an invitation, in plain text and in HTML. */
export function invitationMessage(mail: InvitationMail): Message {
  const { products, projects, accountRole } = mail.offer;
  const said: Said = {
    workspace: oneLine(mail.workspace),
    to: mail.to,
    until: saidTime(mail.expiresAt),
    link: mail.link,
    lists: [
      {
        title: 'Products you will have',
        things: products.map(({ name, license }) => ({ what: oneLine(name), as: saidLicense(license) })),
      },
      {
        title: 'Projects you will work in',
        things: projects.map(({ name, role }) => ({ what: oneLine(name), as: oneLine(role) })),
      },
    ].filter(({ things }) => things.length > 0),
    accountRole: ACCOUNT_ROLE_NAMES[accountRole],
  };
  return {
    id: mail.sendId,
    to: mail.to,
    subject: `You are invited to ${said.workspace}`,
    text: textOf(said),
    html: htmlOf(said),
  };
}

function textOf({ workspace, to, until, link, lists, accountRole }: Said): string {
  const paragraphs = [
    `${workspace} invites you (${to}) to join its workspace.`,
    ...lists.map(
      ({ title, things }) => `${title}:\n\n${things.map(({ what, as }) => `  - ${what}: ${as}`).join('\n')}`,
    ),
    accountRole !== undefined && `Your role in the workspace is ${accountRole}.`,
    `To join, open this link, until ${until}:\n\n${link}`,
    'The link is for you alone and works once; please do not pass it on.',
    `If you did not expect this, you need not do anything. Without your answer nothing happens, and the link stops ` +
      'working by itself.',
  ];
  return `${paragraphs.filter((one) => one !== false).join('\n\n')}\n`;
}
