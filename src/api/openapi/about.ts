/** What is to be known of the API as a whole. In the texts, what stands between backticks is code. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly paragraphs: readonly string[];
}

/** The introduction of the document and of the page. */
export const ABOUT: readonly Section[] = [
  {
    id: 'authentication',
    title: 'Authentication',
    paragraphs: [
      'Send a token with each request: `Authorization: Bearer <token>`. Its scope says what it may do: `admin` all ' +
        'of its workspace; `auditor` read and export, change nothing; `product` ask for access and report the last ' +
        'one; `operator` all of every workspace; `scim` nothing here, but provision under `/scim/v2`.',
      'A token belongs to one workspace. An operator names the workspace in the header `X-Workspace`, by key or id.',
    ],
  },
  {
    id: 'requests',
    title: 'Requests and answers',
    paragraphs: [
      'Bodies are JSON in UTF-8 and at most 1 MiB; a field that is not known is refused. Times are RFC 3339, and ' +
        'answered in UTC. Keys are compared without regard to case.',
      'Each answer has an `X-Request-Id`; it finds the request in the log and in the audit. Answers may get more ' +
        'fields in time: ignore those you do not know.',
    ],
  },
  {
    id: 'lists',
    title: 'Lists',
    paragraphs: [
      'A list answers `{"items": […], "nextCursor": …}`. Hand `nextCursor` back as `cursor` for the next page, with ' +
        'the other parameters unchanged; it is `null` on the last one. What is made or removed meanwhile makes no ' +
        'item appear twice and none be left out.',
    ],
  },
  {
    id: 'errors',
    title: 'Errors',
    paragraphs: [
      'An error is `application/problem+json` (RFC 9457): `type` is `urn:rollcall:problem:` and a word to decide by, ' +
        '`detail` a sentence for people, `errors` names the fields that are wrong. An error has changed nothing.',
      'After 429 and 503 the same request may succeed: wait as many seconds as `Retry-After` says.',
    ],
  },
];
