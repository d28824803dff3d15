// What is posted to a subresource, or asked in a review, passes admission as a CREATE, like everything else
// (k8s.io/apiserver pkg/endpoints/handlers create.go).
import type { AdmissionAttributes, AdmissionChain } from '../../admission/types.ts';
import { findResource } from '../../registry/registry.ts';
import { readPosted } from './created.ts';
import { optionsObject } from './write.ts';

/** Reads the body of a POST, and throws where admission refuses it. */
export type ReadPosted = typeof readPosted;

export function admittedPosts(admission: AdmissionChain): ReadPosted {
  return async (request, expected) => {
    const { object, options } = await readPosted(request, expected);
    const { info, user } = request;
    const attributes: AdmissionAttributes = {
      operation: 'CREATE',
      descriptor: findResource(info.group, info.version, info.resource)!,
      subresource: info.subresource,
      namespace: info.namespace,
      name: info.name || object.metadata.name || '',
      object,
      old: undefined,
      options: optionsObject('CreateOptions', options),
      user,
      dryRun: options.dryRun,
      warn: (message) => void request.warnings.push(message),
    };
    await admission.admit(attributes);
    await admission.validate(attributes);
    return { object, options };
  };
}
