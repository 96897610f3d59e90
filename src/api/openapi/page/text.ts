import { Html, html } from '../../../lib/html.ts';

/** A text of the document as HTML: what stands between backticks is code. */
export function inline(text: string): Html {
  return joined(
    text.split('`').map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`)),
  );
}

/** A text of the document as paragraphs, which empty lines part. */
export function paragraphs(text: string): Html {
  return joined(
    text
      .split('\n\n')
      .filter((paragraph) => paragraph !== '')
      .map((paragraph) => html`<p>${inline(paragraph)}</p>`),
  );
}

/** Parts one after the other, with nothing or something between them. */
export function joined(parts: readonly Html[], between: Html = new Html('')): Html {
  return new Html(parts.map((part) => part.text).join(between.text));
}

/** A value of JSON as a person writes it. */
export function said(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** An anchor's name made of any text. */
export function anchorOf(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
