import { type FieldError, notSupported, required } from '../../../apimachinery/field.ts';

const supported = ['Always', 'IfNotPresent', 'Never'];

/** When images are pulled, of containers and image volumes (validatePullPolicy). */
export function checkPullPolicy(policy: string, path: string, errors: FieldError[]): void {
  if (policy === '') errors.push(required(path));
  else if (!supported.includes(policy)) errors.push(notSupported(path, policy, supported));
}
