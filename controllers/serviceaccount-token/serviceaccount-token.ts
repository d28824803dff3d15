// serviceaccount-token-controller: Secrets of type kubernetes.io/service-account-token get a token of their service account, and go with it
// (pkg/controller/serviceaccount/tokens_controller.go). Runs as the manager itself, since it gives others their tokens.
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Controller } from '../../client/controller.ts';
import { isConflict, isNotFound, retryOnConflict } from '../../client/errors.ts';
import { Secret, ServiceAccount } from '../../client/kinds.ts';
import { keyOf, splitKey } from '../../client/resource.ts';
import type { ControllerContext, ControllerDescriptor } from '../manager/descriptor.ts';

const maxRetries = 10;
export const tokenSecretType = 'kubernetes.io/service-account-token';
export const accountNameAnnotation = 'kubernetes.io/service-account.name';
export const accountUidAnnotation = 'kubernetes.io/service-account.uid';
/** Of tokens that never expire. */
const issuer = 'kubernetes/serviceaccount';
const algorithms: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

const secretsByAccount = 'namespace and service account';
const accountsBySecret = 'namespace and referenced secret';

/** Makes the tokens of secrets with a private key (PEM). Throws for a key that cannot. */
export function legacyTokens(pem: string): (account: ServiceAccount, secretName: string) => Promise<string> {
  const key = createPrivateKey(pem);
  const alg = key.asymmetricKeyType === 'rsa' ? 'RS256' : algorithms[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (alg === undefined) throw new Error('a service account key must be RSA, or ECDSA on P-256, P-384 or P-521');
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const kid = createHash('sha256').update(spki).digest('base64url');
  return async ({ metadata: { namespace, name, uid } }, secretName) => {
    const { CompactSign } = await import('jose');
    const claims = {
      iss: issuer,
      'kubernetes.io/serviceaccount/namespace': namespace,
      'kubernetes.io/serviceaccount/secret.name': secretName,
      'kubernetes.io/serviceaccount/service-account.name': name,
      'kubernetes.io/serviceaccount/service-account.uid': uid,
      sub: `system:serviceaccount:${namespace}:${name}`,
    };
    return new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg, kid }).sign(key);
  };
}

/** True where the account is the one that a secret names. */
export function isOf(secret: Secret, account: ServiceAccount): boolean {
  const { annotations = {} } = secret.metadata;
  const uid = annotations[accountUidAnnotation];
  return annotations[accountNameAnnotation] === account.metadata.name && (!uid || uid === account.metadata.uid);
}

async function inputsOf({ flags, keys, rootCertificateAuthority }: ControllerContext) {
  const keyFile = flags['service-account-private-key-file'];
  const key = keyFile === '' ? keys?.serviceAccountKey : await readFile(keyFile, 'utf8');
  const caFile = flags['root-ca-file'];
  return { key, rootCA: caFile === '' ? rootCertificateAuthority : await readFile(caFile, 'utf8') };
}

export const serviceAccountToken: ControllerDescriptor = {
  name: 'serviceaccount-token-controller',
  aliases: ['serviceaccount-token'],
  async build(context) {
    const { informers, flags, log, clock } = context;
    const { key: signingKey, rootCA } = await inputsOf(context);
    if (signingKey === undefined) return undefined;
    const tokenOf = legacyTokens(signingKey);
    const caData = Buffer.from(rootCA).toString('base64');
    const secrets = informers.of(Secret, { fieldSelector: `type=${tokenSecretType}` });
    const accounts = informers.of(ServiceAccount);
    secrets.addIndex(secretsByAccount, ({ metadata: { namespace, annotations } }) => {
      const name = annotations?.[accountNameAnnotation];
      return name ? [`${namespace}/${name}`] : [];
    });
    accounts.addIndex(accountsBySecret, ({ metadata: { namespace }, secrets: referenced = [] }) =>
      referenced.flatMap(({ name }) => (name ? [`${namespace}/${name}`] : [])),
    );
    const secretApi = informers.client.resource(Secret);
    const accountApi = informers.client.resource(ServiceAccount);

    const removeReferences = async (secretKey: string): Promise<void> => {
      const { name: secretName } = splitKey(secretKey);
      for (const { metadata } of accounts.lister.byIndex(accountsBySecret, secretKey)) {
        await retryOnConflict(async () => {
          const account = await accountApi.get(metadata);
          const left = account.secrets?.filter(({ name }) => name !== secretName) ?? [];
          if (account.metadata.uid !== metadata.uid || left.length === (account.secrets?.length ?? 0)) return;
          await accountApi.update({ ...account, secrets: left });
        }, clock).catch(ignoreMissing);
      }
    };

    /** From the cache, or live before a secret is deleted for its absence. */
    const accountOf = async (secret: Secret): Promise<ServiceAccount | undefined> => {
      const { namespace, annotations } = secret.metadata;
      const name = annotations?.[accountNameAnnotation];
      const cached = accounts.lister.get(namespace, name ?? '');
      if (cached !== undefined && isOf(secret, cached)) return cached;
      const live = await accountApi.get({ namespace, name }).catch(ignoreMissing);
      return live !== undefined && isOf(secret, live) ? live : undefined;
    };

    const complete = async (secret: Secret, account: ServiceAccount): Promise<void> => {
      const { data = {}, metadata } = secret;
      const { namespace, name } = metadata;
      const wanted = { ...data };
      if (rootCA !== '') wanted['ca.crt'] = caData;
      if (!data['namespace']) wanted['namespace'] = Buffer.from(namespace).toString('base64');
      if (!data['token']) wanted['token'] = Buffer.from(await tokenOf(account, name)).toString('base64');
      if (Object.entries(wanted).every(([field, value]) => data[field] === value)) return;
      const annotations = {
        ...metadata.annotations,
        [accountNameAnnotation]: account.metadata.name,
        [accountUidAnnotation]: account.metadata.uid,
      };
      try {
        await secretApi.update({ ...secret, metadata: { ...metadata, annotations }, data: wanted });
      } catch (error) {
        // A change of it is on its way to us.
        if (!isConflict(error)) ignoreMissing(error);
      }
    };

    const reconcile = async (key: string): Promise<void> => {
      const secret = secrets.lister.getByKey(key);
      if (secret === undefined) return removeReferences(key);
      if (!secret.metadata.annotations?.[accountNameAnnotation]) return;
      const account = await accountOf(secret);
      if (account !== undefined) return complete(secret, account);
      try {
        await secretApi.delete(secret.metadata, { preconditions: { uid: secret.metadata.uid } });
      } catch (error) {
        if (!isConflict(error)) ignoreMissing(error);
      }
    };

    return new Controller({
      name: 'serviceaccount-token-controller',
      workers: flags['concurrent-serviceaccount-token-syncs'],
      reconcile,
      maxRetries,
      log,
      clock,
    })
      .watch(secrets)
      .watch(accounts, ({ object }) => secrets.lister.byIndex(secretsByAccount, keyOf(object)).map(keyOf));
  },
};

function ignoreMissing(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}
