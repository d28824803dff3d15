// bootstrap-signer-controller: the ConfigMap kube-public/cluster-info is signed with each bootstrap token that may, so that who has a token
// can trust it (pkg/controller/bootstrap/bootstrapsigner.go). Off by default.
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { Controller } from '../../client/controller.ts';
import { isNotFound } from '../../client/errors.ts';
import { ConfigMap, Secret } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { bootstrapTokenNamespace, bootstrapTokenType, signingToken } from '../shared/bootstrap-tokens.ts';

const mapKey = { namespace: 'kube-public', name: 'cluster-info' };
const signaturePrefix = 'jws-kubeconfig-';

/** A detached JWS (RFC 7515 appendix F) over a text, with a token as key. */
export async function detachedSignature(content: string, tokenId: string, tokenSecret: string): Promise<string> {
  const { CompactSign } = await import('jose');
  const signing = new CompactSign(Buffer.from(content)).setProtectedHeader({ alg: 'HS256', kid: tokenId });
  const [header, , signature] = (await signing.sign(Buffer.from(tokenSecret))).split('.');
  return `${header}..${signature}`;
}

/** The data of cluster-info with the signatures of these tokens, and no others; undefined where there is nothing to sign. */
export async function signedData(
  data: Readonly<Record<string, string>> | undefined,
  secrets: readonly Secret[],
  nowMs: number,
): Promise<Record<string, string> | undefined> {
  const content = data?.['kubeconfig'];
  if (content === undefined) return undefined;
  const signed = Object.fromEntries(Object.entries(data!).filter(([field]) => !field.startsWith(signaturePrefix)));
  for (const secret of secrets) {
    const token = signingToken(secret, nowMs);
    if (token !== undefined)
      signed[signaturePrefix + token.id] = await detachedSignature(content, token.id, token.secret);
  }
  return signed;
}

export const bootstrapSigner: ControllerDescriptor = {
  name: 'bootstrap-signer-controller',
  aliases: ['bootstrapsigner'],
  disabledByDefault: true,
  build({ informers, client, log, clock }) {
    const secrets = informers.of(Secret, {
      namespace: bootstrapTokenNamespace,
      fieldSelector: `type=${bootstrapTokenType}`,
    });
    const maps = informers.of(ConfigMap);
    const api = client('bootstrap-signer').resource(ConfigMap);
    const reconcile = async (): Promise<void> => {
      const map = maps.lister.get(mapKey.namespace, mapKey.name);
      if (map === undefined) return;
      const data = await signedData(map.data, secrets.lister.list(), clock.now());
      if (data === undefined || semanticEqual(data, map.data)) return;
      try {
        await api.update({ ...map, data });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    };
    const all = [`${mapKey.namespace}/${mapKey.name}`];
    return new Controller({ name: 'bootstrap-signer-controller', reconcile, log, clock })
      .watch(maps, ({ object: { metadata } }) =>
        metadata.name === mapKey.name && metadata.namespace === mapKey.namespace ? all : [],
      )
      .watch(secrets, () => all);
  },
};
