import { html, type Html } from '../lib/html.ts';

/** What an invitation's mail says, in lines. */
export interface Said {
  readonly workspace: string;
  readonly to: string;
  readonly until: string;
  readonly link: string;
  /** What is given, those that are empty left out. */
  readonly lists: readonly SaidList[];
  readonly accountRole: string | undefined;
}

interface SaidList {
  readonly title: string;
  /** What of (a product, a project), and as what (a license, a role). */
  readonly things: readonly { readonly what: string; readonly as: string }[];
}

// Mail programs read little but tables and styles in place; both colour schemes are left to them.
const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const QUIET = 'color:#5b6472';

/** The HTML part of an invitation's mail. */
export function htmlOf({ workspace, to, until, link, lists, accountRole }: Said): string {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <meta name="color-scheme" content="light dark" />
      <title>You are invited to ${workspace}</title>
    </head>
    <body style="margin:0;padding:0">
      <table role="presentation" width="100%" cellpadding="0" cellspacing="0">
        <tr>
          <td align="center" style="padding:32px 16px">
            <table
              role="presentation"
              width="100%"
              cellpadding="0"
              cellspacing="0"
              style="max-width:520px;${FONT};font-size:16px;line-height:1.5;text-align:left"
            >
              <tr>
                <td>
                  <h1 style="margin:0 0 16px;font-size:22px;line-height:1.3" dir="auto">
                    You are invited to ${workspace}
                  </h1>
                  <p style="margin:0 0 20px">
                    <span dir="auto">${workspace}</span> invites you (${to}) to join its workspace.
                  </p>
                  ${lists.map(listOf)}
                  ${
                    accountRole !== undefined &&
                    html`<p style="margin:0 0 20px">Your role in the workspace is ${accountRole}.</p>`
                  }
                  <p style="margin:0 0 20px">
                    <a
                      href="${link}"
                      style="display:inline-block;padding:12px 24px;border-radius:8px;background:#2456c4;color:#ffffff;font-weight:600;text-decoration:none"
                      >Join the workspace</a
                    >
                  </p>
                  <p style="margin:0 0 20px">This can be accepted until <strong>${until}</strong>.</p>
                  <p style="margin:0 0 20px;${QUIET};font-size:14px">
                    If the button does not work, open this address:<br /><a
                      href="${link}"
                      style="word-break:break-all"
                      >${link}</a
                    >
                  </p>
                  <p style="margin:0;${QUIET};font-size:14px">
                    The link is for you alone and works once; please do not pass it on. If you did not expect
                    this, you need not do anything: without your answer nothing happens, and the link stops
                    working by itself.
                  </p>
                </td>
              </tr>
            </table>
          </td>
        </tr>
      </table>
    </body>
  </html>`;
  return `<!doctype html>\n${page.text}\n`;
}

function listOf({ title, things }: SaidList): Html {
  const rows = things.map(
    ({ what, as }) =>
      html`<tr>
        <td dir="auto" style="padding:8px 16px 8px 0;border-top:1px solid #e3e6ea">${what}</td>
        <td dir="auto" style="padding:8px 0;border-top:1px solid #e3e6ea;${QUIET}">${as}</td>
      </tr>`,
  );
  return html`<p style="margin:0 0 8px"><strong>${title}</strong></p>
    <table cellpadding="0" cellspacing="0" width="100%" style="margin:0 0 20px;${FONT};font-size:16px">
      ${rows}
    </table>`;
}
