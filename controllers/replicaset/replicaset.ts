// replicaset-controller: a ReplicaSet has as many Pods of its template as it says (pkg/controller/replicaset/replica_set.go).
import { selectorFromObject } from '../../apimachinery/selectors.ts';
import { ReplicaSet } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { ReplicasController } from './replicas-controller.ts';

export const replicaSet: ControllerDescriptor = {
  name: 'replicaset-controller',
  aliases: ['replicaset'],
  build: (context) =>
    new ReplicasController(
      {
        name: 'replicaset-controller',
        resource: ReplicaSet,
        account: 'replicaset-controller',
        workers: context.flags['concurrent-replicaset-syncs'],
        selectorOf: ({ spec }) => selectorFromObject(spec?.selector),
        countsTerminating: true,
      },
      context,
    ).controller,
};
