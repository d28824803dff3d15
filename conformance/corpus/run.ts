// Plays the corpus against any Kubernetes API server:
//   node conformance/corpus/run.ts --url https://127.0.0.1:6443 --token T | --kubeconfig FILE  [--only pods] [--show 20] [--update]
// `--update` writes what the server answers into the files as the answer to expect: only ever from kube-apiserver v1.36 itself.
// Ends with 1 where an answer differs.
import { parseArgs } from 'node:util';
import { loadCorpus } from './corpus.ts';
import { play } from './play.ts';
import { Target } from './target.ts';
import { update } from './update.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    token: { type: 'string' },
    kubeconfig: { type: 'string' },
    only: { type: 'string', default: '' },
    show: { type: 'string', default: '20' },
    update: { type: 'boolean', default: false },
  },
});
const target = await Target.open(values);
let played = 0;
let wrong = 0;
for (const file of loadCorpus(values.only)) {
  const results = await play(target, file);
  played += results.length;
  if (values.update) update(file.path, results);
  for (const { it, request, got } of results.filter(({ same }) => !same && !values.update)) {
    if (wrong++ >= Number(values.show)) continue;
    console.log(`${file.name}: ${it}\n  want ${JSON.stringify(request.want)}\n  got  ${JSON.stringify(got)}`);
  }
}
target.close();
console.log(values.update ? `${played} answers written` : `${played - wrong} of ${played} answers the same`);
process.exitCode = wrong > 0 ? 1 : 0;
