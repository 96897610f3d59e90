import { html, type Html } from '../../../lib/html.ts';
import type { Method, OpenApiDocument, Operation, Parameter, Reference, Response } from '../types.ts';
import { curlOf, isReference } from './curl.ts';
import { meaningOf, schemaOf, table, typeOf } from './schema.ts';
import { inline, joined, paragraphs } from './text.ts';

/** One operation with all that is said of it. */
export function operationArticle(
  document: OpenApiDocument,
  path: string,
  method: Method,
  operation: Operation,
): Html {
  const { operationId, summary, description, requestBody } = operation;
  const body = requestBody?.content['application/json'];
  return html`<article id="${operationId}" aria-labelledby="${operationId}-title">
    <h3 id="${operationId}-title"><a href="#${operationId}">${summary}</a></h3>
    <p class="call">${methodOf(method)} <code>${path}</code></p>
    ${paragraphs(description)} ${parametersOf(document, operation)}
    ${
      body &&
      html`<h4>Body</h4>
        ${schemaOf(body.schema, `Body of ${operationId}`, 'required')}`
    }
    <h4>Answer</h4>
    ${answersOf(operation)} ${errorsOf(operation)}
    <h4>Example</h4>
    ${code(curlOf(document, method, path, operation))}
  </article>`;
}

/** A method in its colour. */
export function methodOf(method: Method): Html {
  return html`<span class="method ${method}">${method.toUpperCase()}</span>`;
}

function code(text: string): Html {
  return html`<pre tabindex="0"><code>${text}</code></pre>`;
}

function parametersOf(
  { components }: OpenApiDocument,
  { operationId, parameters }: Operation,
): Html | undefined {
  // The workspace's header is told of once, with the tokens.
  const own = parameters.map((one) => resolved(components.parameters, one)).filter(isNotWorkspace);
  if (own.length === 0) return undefined;
  const rows = own.map(parameterRow);
  return html`<h4>Parameters</h4>
    ${table(`Parameters of ${operationId}`, ['Parameter', 'Type', 'Meaning'], rows)}`;
}

function resolved(known: OpenApiDocument['components']['parameters'], one: Parameter | Reference): Parameter {
  if (!isReference(one)) return one;
  const parameter = known[one.$ref.replace(/^.*\//, '')];
  if (!parameter) throw new Error(`${one.$ref} is not in the document.`);
  return parameter;
}

function isNotWorkspace({ name }: Parameter): boolean {
  return name !== 'X-Workspace';
}

function parameterRow({ name, in: place, required, schema, description }: Parameter): Html {
  return html`<tr>
    <th scope="row">
      <code>${name}</code>
      <span class="place">${place}</span>${required && html` <span class="required">required</span>`}
    </th>
    <td>${typeOf(schema)}</td>
    <td>${meaningOf(schema, description)}</td>
  </tr>`;
}

function answersOf({ operationId, responses }: Operation): Html {
  const answers = Object.entries(responses).flatMap(([status, response]): Html[] =>
    isReference(response) ? [] : [answerOf(status, response, `Answer ${status} of ${operationId}`)],
  );
  return joined(answers);
}

function answerOf(
  status: string,
  { description, headers = {}, content = {} }: Response,
  label: string,
): Html {
  const [type, body] = Object.entries(content)[0] ?? [];
  const names = Object.keys(headers).map((name) => html` <code>${name}</code>`);
  return html`<p>
      <strong>${status}</strong> ${inline(description)}
      ${type !== undefined && type !== 'application/json' && html`<code>${type}</code>.`}
      ${names.length > 0 && html`With ${joined(names, html`,`)}.`}
    </p>
    ${body && type === 'application/json' && schemaOf(body.schema, label, 'optional')}`;
}

function errorsOf({ responses }: Operation): Html {
  const links = Object.entries(responses)
    .filter(([, response]) => isReference(response))
    .map(([status]) => html`<a href="#error-${status}">${status}</a>`);
  return html`<p class="quiet">Errors: ${joined(links, html`, `)}</p>`;
}
