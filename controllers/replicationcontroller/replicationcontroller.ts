// replicationcontroller-controller: a ReplicationController has as many Pods of its template as it says
// (pkg/controller/replication/replication_controller.go).
import { selectorFromLabels } from '../../apimachinery/selectors.ts';
import { ReplicationController } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { ReplicasController } from '../replicaset/replicas-controller.ts';

export const replicationController: ControllerDescriptor = {
  name: 'replicationcontroller-controller',
  aliases: ['replicationcontroller'],
  build: (context) =>
    new ReplicasController(
      {
        name: 'replicationcontroller-controller',
        resource: ReplicationController,
        account: 'replication-controller',
        workers: context.flags['concurrent-rc-syncs'],
        selectorOf: ({ spec }) => selectorFromLabels(spec?.selector),
        countsTerminating: false,
      },
      context,
    ).controller,
};
