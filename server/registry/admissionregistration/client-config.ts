// Where a webhook is reached (k8s.io/apiserver pkg/util/webhook/validation.go).
import { type FieldError, invalid, required } from '../../../apimachinery/field.ts';
import { isDNS1123Subdomain, isValidPortNum } from '../../../apimachinery/names.ts';
import type { Fields } from '../fields.ts';

const form = '; desired format: https://host[/path]';
const urlParts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^/?#]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/** ValidateWebhookURL: https, a host, and nothing but a path after it. */
export function validateWebhookURL(url: string, field: string): FieldError[] {
  const [, scheme = '', user, host = '', , query = '', fragment = ''] = urlParts.exec(url) ?? [];
  const errors: FieldError[] = [];
  if (scheme.toLowerCase() !== 'https')
    errors.push(invalid(field, scheme.toLowerCase(), `'https' is the only allowed URL scheme${form}`));
  if (host === '') errors.push(invalid(field, host, `host must be specified${form}`));
  if (user !== undefined) errors.push(invalid(field, user, 'user information is not permitted in the URL'));
  if (fragment !== '') errors.push(invalid(field, fragment, 'fragments are not permitted in the URL'));
  if (query !== '') errors.push(invalid(field, query, 'query parameters are not permitted in the URL'));
  return errors;
}

function validateServicePath(path: string, field: string): FieldError[] {
  if (path === '' || path === '/') return [];
  if (path === '//') return [invalid(field, path, 'segment[0] may not be empty')];
  const errors = path.startsWith('/') ? [] : [invalid(field, path, "must start with a '/'")];
  const segments = path.slice(1).replace(/\/$/, '').split('/');
  segments.forEach((segment, index) => {
    if (segment === '') errors.push(invalid(field, path, `segment[${index}] may not be empty`));
    else
      for (const message of isDNS1123Subdomain(segment))
        errors.push(invalid(field, path, `segment[${index}]: ${message}`));
  });
  return errors;
}

/**
 * ValidateWebhookService. The webhook configurations of this group hand upstream's function name and namespace the wrong way
 * round, so that each is missed under the name of the other; `swapped` does as they do.
 */
export function validateWebhookService(service: Fields, field: string, swapped: boolean): FieldError[] {
  const { name = '', namespace = '', path, port = 0 } = service;
  const errors: FieldError[] = [];
  if ((swapped ? namespace : name) === '') errors.push(required(`${field}.name`));
  if ((swapped ? name : namespace) === '') errors.push(required(`${field}.namespace`));
  const portErrors = isValidPortNum(port);
  if (portErrors.length > 0) errors.push(invalid(`${field}.port`, port, `port is not valid: ${portErrors.join(', ')}`));
  return path === undefined ? errors : [...errors, ...validateServicePath(path, `${field}.path`)];
}

/** Exactly one of a URL and a service. */
export function validateClientConfig(config: Fields, field: string, swapped: boolean): FieldError[] {
  const { url, service } = config;
  if ((url === undefined) === (service === undefined))
    return [required(field, 'exactly one of url or service is required')];
  return url === undefined
    ? validateWebhookService(service, `${field}.service`, swapped)
    : validateWebhookURL(url, `${field}.url`);
}
