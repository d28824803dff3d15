// certificatesigningrequest-cleaner-controller: deletes requests that have been dealt with, or that nobody deals with
// (pkg/controller/certificates/cleaner/cleaner.go).
import { X509Certificate } from 'node:crypto';
import { isNotFound } from '../../client/errors.ts';
import { CertificateSigningRequest } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { Periodic } from '../shared/periodic.ts';

const hourMs = 3_600_000;
const periodMs = hourMs;
const approvedMs = hourMs;
const deniedMs = hourMs;
const pendingMs = 24 * hourMs;

/** True where a request has served, or waited long enough. */
export function isDone({ metadata, status }: CertificateSigningRequest, nowMs: number): boolean {
  const olderThan = (time: string | null | undefined, ms: number): boolean => !!time && nowMs - Date.parse(time) > ms;
  const conditions = status?.conditions ?? [];
  const issued = status?.certificate !== undefined && status.certificate !== '';
  if (conditions.length === 0) return olderThan(metadata.creationTimestamp, pendingMs);
  return conditions.some(({ type, lastUpdateTime }) => {
    if (type === 'Denied' || type === 'Failed') return olderThan(lastUpdateTime, deniedMs);
    if (type !== 'Approved') return false;
    if (!issued) return olderThan(lastUpdateTime, pendingMs);
    return olderThan(lastUpdateTime, approvedMs) || isExpired(status.certificate!, nowMs);
  });
}

function isExpired(certificate: string, nowMs: number): boolean {
  try {
    return nowMs > new X509Certificate(Buffer.from(certificate, 'base64')).validToDate.getTime();
  } catch {
    // What is no certificate does not expire.
    return false;
  }
}

export const certificateSigningRequestCleaner: ControllerDescriptor = {
  name: 'certificatesigningrequest-cleaner-controller',
  aliases: ['csrcleaner'],
  build({ informers, client, log, clock }) {
    const requests = informers.of(CertificateSigningRequest);
    const api = client('certificate-controller').resource(CertificateSigningRequest);
    const clean = async (): Promise<void> => {
      for (const request of requests.lister.list()) {
        if (!isDone(request, clock.now())) continue;
        try {
          await api.delete(request.metadata);
        } catch (error) {
          if (!isNotFound(error)) log.warn({ err: error, csr: request.metadata.name }, 'a CSR could not be deleted');
        }
      }
    };
    const name = 'certificatesigningrequest-cleaner-controller';
    return new Periodic({ name, periodMs, run: clean, needs: [requests], log, clock });
  },
};
