import { html, Html } from '../../../lib/html.ts';
import { ABOUT } from '../about.ts';
import type { Method, OpenApiDocument, Operation, Response } from '../types.ts';
import { isReference } from './curl.ts';
import { methodOf, operationArticle } from './operation.ts';
import { schemaOf, table } from './schema.ts';
import { STYLE } from './style.ts';
import { anchorOf, inline, joined, paragraphs } from './text.ts';

interface Call {
  readonly path: string;
  readonly method: Method;
  readonly operation: Operation;
}

/** The document as a page to be read: no script, nothing from elsewhere. `json` is where the document itself is. */
export function documentPage(document: OpenApiDocument, json: string): string {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${document.info.title}</title>
      ${new Html(`<style>${STYLE}</style>`)}
    </head>
    <body>
      <a class="skip" href="#content">Skip the contents</a>
      <nav aria-label="Contents">${contents(document)}</nav>
      <main id="content">
        ${introduction(document, json)} ${document.tags.map((tag) => section(document, tag.name))}
        ${schemas(document)}
      </main>
    </body>
  </html>`;
  return `<!doctype html>\n${page.text}\n`;
}

function contents(document: OpenApiDocument): Html {
  const tags = document.tags.map(({ name }) => {
    const links = callsOf(document, name).map(
      ({ path, method, operation }) =>
        html`<li>
          <a href="#${operation.operationId}">${methodOf(method)} <span>${path}</span></a>
        </li>`,
    );
    return html`<li>
      <a href="#${anchorOf(name)}">${name}</a>
      <ul class="calls">
        ${links}
      </ul>
    </li>`;
  });
  return html`<p class="brand"><a href="#content">${document.info.title}</a></p>
    <ul>
      ${ABOUT.map(({ id, title }) => html`<li><a href="#about-${id}">${title}</a></li>`)} ${tags}
      <li><a href="#schemas">Schemas</a></li>
    </ul>`;
}

function introduction({ info, servers, components }: OpenApiDocument, json: string): Html {
  const [first = ''] = info.description.split('\n\n');
  return html`<header>
      <h1>${info.title}</h1>
      ${paragraphs(first)}
      <p>
        It is at <code>${servers[0]?.url ?? ''}</code>, and described for programs in OpenAPI 3.1 at
        <a href="${json}">openapi.json</a>.
      </p>
    </header>
    ${ABOUT.map(
      ({ id, title, paragraphs: texts }) =>
        html`<section id="about-${id}">
          <h2>${title}</h2>
          ${paragraphs(texts.join('\n\n'))} ${id === 'errors' && errors(components.responses)}
        </section>`,
    )}`;
}

function errors(responses: Readonly<Record<string, Response>>): Html {
  const rows = Object.values(responses).map(({ description, content = {} }) => {
    const { status } = Object.values(content)[0]?.example as { status: number };
    return html`<tr id="error-${status}">
      <th scope="row">${status}</th>
      <td>${inline(description)}</td>
    </tr>`;
  });
  return table('Errors', ['Status', 'Meaning'], rows);
}

function section(document: OpenApiDocument, name: string): Html {
  const description = document.tags.find((tag) => tag.name === name)?.description ?? '';
  return html`<section id="${anchorOf(name)}">
    <h2>${name}</h2>
    ${paragraphs(description)}
    ${callsOf(document, name).map(({ path, method, operation }) =>
      operationArticle(document, path, method, operation),
    )}
  </section>`;
}

function schemas({ components }: OpenApiDocument): Html {
  const all = Object.entries(components.schemas).map(
    ([name, schema]) =>
      html`<article id="schema-${name}">
        <h3><a href="#schema-${name}">${name}</a></h3>
        ${paragraphs(schema.description ?? '')} ${schemaOf(schema, name, 'optional')}
      </article>`,
  );
  return html`<section id="schemas">
    <h2>Schemas</h2>
    ${joined(all)}
  </section>`;
}

function callsOf(document: OpenApiDocument, tag: string): Call[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    (Object.entries(methods) as [Method, Operation][])
      .filter(([, operation]) => operation.tags.includes(tag) && !isReference(operation))
      .map(([method, operation]) => ({ path, method, operation })),
  );
}
