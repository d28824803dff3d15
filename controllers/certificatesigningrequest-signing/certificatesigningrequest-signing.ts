// certificatesigningrequest-signing-controller: signs approved requests for Kubernetes' own signers with the cluster's authority
// (pkg/controller/certificates/signer/signer.go). Each signer may have an authority of its own by flags.
import { readFile } from 'node:fs/promises';
import { timestamp } from '../../client/clock.ts';
import { Controller } from '../../client/controller.ts';
import { CertificateSigningRequest } from '../../client/kinds.ts';
import type { ControllerContext, ControllerDescriptor } from '../manager/descriptor.ts';
import {
  certificateRateLimiter,
  hasCondition,
  kubeletClientError,
  kubeletServingError,
  type ParsedRequest,
  parseRequest,
} from '../shared/certificate-requests.ts';
import { type Authority, signRequest, validityMs } from './sign.ts';

const workers = 5;

/** The part of the flags' names, and why a signer does not sign a request. */
interface Signer {
  flag: 'kubelet-serving' | 'kubelet-client' | 'kube-apiserver-client' | 'legacy-unknown';
  refuse(request: ParsedRequest, usages: readonly string[]): string | undefined;
}

const signers: Readonly<Record<string, Signer>> = {
  'kubernetes.io/kubelet-serving': { flag: 'kubelet-serving', refuse: kubeletServingError },
  'kubernetes.io/kube-apiserver-client-kubelet': { flag: 'kubelet-client', refuse: kubeletClientError },
  'kubernetes.io/kube-apiserver-client': {
    flag: 'kube-apiserver-client',
    refuse: (_, usages) => clientUsagesError(usages),
  },
  'kubernetes.io/legacy-unknown': { flag: 'legacy-unknown', refuse: () => undefined },
};

/** Why usages are none of a client's certificate. */
export function clientUsagesError(usages: readonly string[]): string | undefined {
  const allowed = ['digital signature', 'key encipherment', 'client auth'];
  const wrong = usages.find((usage) => !allowed.includes(usage));
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

type Authorities = (signer: Signer) => (() => Promise<Authority>) | undefined;

/** The authority of each signer, read whenever it signs; undefined where there is none. Throws for flags that do not go together. */
function authoritiesOf({ flags, keys }: ControllerContext): Authorities {
  const filesOf = (flag: Signer['flag']) =>
    [flags[`cluster-signing-${flag}-cert-file`], flags[`cluster-signing-${flag}-key-file`]] as const;
  const reader = ([certificate, key]: readonly [string, string]) => {
    if (certificate === '' && key === '') return undefined;
    if (certificate === '' || key === '') throw new Error('a signing certificate and its key must be given together');
    return async () => ({ certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') });
  };
  const common = reader([flags['cluster-signing-cert-file'], flags['cluster-signing-key-file']]);
  const specific = Object.values(signers).some(({ flag }) => filesOf(flag).some((file) => file !== ''));
  if (common !== undefined && specific)
    throw new Error('cannot specify default and per controller certs at the same time');
  const cluster = keys?.clusterAuthority;
  const standard = common ?? (cluster === undefined ? undefined : async () => cluster);
  return ({ flag }) => (specific ? reader(filesOf(flag)) : standard);
}

export const certificateSigningRequestSigning: ControllerDescriptor = {
  name: 'certificatesigningrequest-signing-controller',
  aliases: ['csrsigning'],
  build(context) {
    const { informers, client, flags, log, clock } = context;
    const authorityOf = authoritiesOf(context);
    if (Object.values(signers).every((signer) => authorityOf(signer) === undefined)) return undefined;
    const requests = informers.of(CertificateSigningRequest);
    const api = client('certificate-controller').resource(CertificateSigningRequest);

    const fail = async (request: CertificateSigningRequest, message: string): Promise<void> => {
      const lastUpdateTime = timestamp(clock.now());
      const condition = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message, lastUpdateTime };
      const conditions = [...(request.status?.conditions ?? []), condition];
      await api.updateStatus({ ...request, status: { ...request.status, conditions } });
    };

    const reconcile = async (name: string): Promise<void> => {
      const request = requests.lister.get(undefined, name);
      if (request === undefined || request.status?.certificate) return;
      if (!hasCondition(request, 'Approved') || hasCondition(request, 'Denied') || hasCondition(request, 'Failed'))
        return;
      const { signerName, usages = [], expirationSeconds } = request.spec;
      const signer = signers[signerName];
      const authority = signer && authorityOf(signer);
      if (signer === undefined || authority === undefined) return;
      const parsed = await parseRequest(request.spec.request);
      const refused = signer.refuse(parsed, usages);
      if (refused !== undefined) return fail(request, refused);
      const ttlMs = validityMs(expirationSeconds, flags['cluster-signing-duration']);
      const pem = await signRequest(parsed, usages, ttlMs, await authority(), clock.now());
      const certificate = Buffer.from(pem).toString('base64');
      await api.updateStatus({ ...request, status: { ...request.status, certificate } });
    };

    return new Controller({
      name: 'certificatesigningrequest-signing-controller',
      workers,
      reconcile,
      rateLimiter: certificateRateLimiter(clock),
      log,
      clock,
    }).watch(requests);
  },
};
