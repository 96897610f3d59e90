import { unescape } from 'node:querystring';
import { isSecretName, MASK, maskedText } from '../../lib/secrets.ts';
import { keptFilter } from './filter.ts';
import { isKnownName, NOT_KEPT } from './words.ts';

const LONGEST = 4_096;
const MOST_PARAMETERS = 32;

/**
 * A query as a person reads it and as it is kept: parameters of SCIM's with their values, others by their names alone,
 * each text in JSON's quotes but for numbers and names of SCIM's.
 */
export function keptQuery(query: string): string {
  const parameters = query.slice(0, 4 * LONGEST).split('&', MOST_PARAMETERS);
  let kept = '';
  for (const parameter of parameters) {
    const next = `${kept === '' ? '' : '&'}${keptParameter(parameter)}`;
    if (kept.length + next.length > LONGEST) return `${kept}&${NOT_KEPT}`;
    kept += next;
  }
  return kept;
}

function keptParameter(parameter: string): string {
  // As Express reads it, also what is not properly encoded.
  const readable = unescape(parameter.replaceAll('+', ' ')).replaceAll('\u0000', '\ufffd').toWellFormed();
  const [name = ''] = readable.split('=', 1);
  const value = readable.slice(name.length + 1);
  if (isSecretName(name)) return `${isKnownName(name) ? name : JSON.stringify(maskedText(name))}=${MASK}`;
  switch (name.toLowerCase()) {
    case 'filter':
      return `${name}=${keptFilter(value)}`;
    case 'attributes':
    case 'excludedattributes':
    case 'sortby':
      return `${name}=${value.split(',').slice(0, 64).map(keptName).join(',')}`;
    case 'sortorder':
      return `${name}=${/^(?:ascending|descending)$/i.test(value) ? value : NOT_KEPT}`;
    case 'startindex':
    case 'count':
      return `${name}=${/^-?\d{1,20}$/.test(value) ? value : NOT_KEPT}`;
    case 'cursor':
      return `${name}=${value === '' ? '' : NOT_KEPT}`;
    case '':
      return NOT_KEPT;
    default:
      return `${JSON.stringify(name.length > 128 ? NOT_KEPT : maskedText(name))}=${NOT_KEPT}`;
  }
}

function keptName(text: string): string {
  const name = text.trim();
  return isKnownName(name) ? name : JSON.stringify(name.length > 128 ? NOT_KEPT : maskedText(name));
}
