// token-cleaner-controller: deletes bootstrap tokens when they expire (pkg/controller/bootstrap/tokencleaner.go). Off by default.
import { Controller } from '../../client/controller.ts';
import { isConflict, isNotFound } from '../../client/errors.ts';
import { Secret } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { bootstrapTokenNamespace, bootstrapTokenType, expiresInMs } from '../shared/bootstrap-tokens.ts';

export const tokenCleaner: ControllerDescriptor = {
  name: 'token-cleaner-controller',
  aliases: ['tokencleaner'],
  disabledByDefault: true,
  build({ informers, client, log, clock }) {
    const secrets = informers.of(Secret, {
      namespace: bootstrapTokenNamespace,
      fieldSelector: `type=${bootstrapTokenType}`,
    });
    const api = client('token-cleaner').resource(Secret);
    const reconcile = async (key: string) => {
      const secret = secrets.lister.getByKey(key);
      const leftMs = secret && expiresInMs(secret, clock.now());
      if (secret === undefined || leftMs === undefined) return undefined;
      if (leftMs > 0) return { requeueAfterMs: leftMs };
      try {
        await api.delete(secret.metadata, { preconditions: { uid: secret.metadata.uid } });
      } catch (error) {
        if (!isConflict(error) && !isNotFound(error)) throw error;
      }
      return undefined;
    };
    return new Controller({ name: 'token-cleaner-controller', reconcile, log, clock }).watch(secrets);
  },
};
