// The secrets that a Pod names (pkg/api/v1/pod VisitPodSecretNames).
import type { Pod } from '../../client/kinds.ts';

type Named = { name?: string; secretName?: string } | undefined;

function volumeSecrets(volume: NonNullable<NonNullable<Pod['spec']>['volumes']>[number]): Named[] {
  const { azureFile, cephfs, cinder, flexVolume, projected, rbd, secret, scaleIO, iscsi, storageos, csi } = volume;
  return [
    azureFile,
    cephfs?.secretRef,
    cinder?.secretRef,
    flexVolume?.secretRef,
    ...(projected?.sources ?? []).map((source) => source.secret),
    rbd?.secretRef,
    secret,
    scaleIO?.secretRef,
    iscsi?.secretRef,
    storageos?.secretRef,
    csi?.nodePublishSecretRef,
  ];
}

/** Names, some perhaps more than once. */
export function podSecretNames({ spec }: Pod): string[] {
  const containers = [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ];
  const named: Named[] = [
    ...(spec?.imagePullSecrets ?? []),
    ...containers.flatMap(({ env = [], envFrom = [] }) => [
      ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef),
      ...envFrom.map(({ secretRef }) => secretRef),
    ]),
    ...(spec?.volumes ?? []).flatMap(volumeSecrets),
  ];
  return named.flatMap((reference) => reference?.secretName ?? reference?.name ?? []);
}
