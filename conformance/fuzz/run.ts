// The long form of the fuzz test: node conformance/fuzz/run.ts --cases 100000 --seed N [--first N] [--url U --token T | --kubeconfig F]
// Without a server it starts one of its own, and then also says how its memory grew. One case again: --first NUMBER --cases 1.
import { parseArgs } from 'node:util';
import { startCluster } from '../../testing/index.ts';
import { Target } from '../corpus/target.ts';
import { fuzz } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    first: { type: 'string', default: '0' },
    concurrency: { type: 'string', default: '8' },
    url: { type: 'string' },
    token: { type: 'string' },
    kubeconfig: { type: 'string' },
  },
});
const own = values.url === undefined && values.kubeconfig === undefined ? await startCluster() : undefined;
const target = await Target.open({ ...values, ...(own && { url: own.url, token: own.token }) });
const residentMb = () => Math.round(process.memoryUsage.rss() / 1_048_576);

console.log(`seed ${values.seed}`);
const { findings, answers } = await fuzz(target, {
  seed: Number(values.seed),
  first: Number(values.first),
  cases: Number(values.cases),
  concurrency: Number(values.concurrency),
  progress: (done) => done % 10_000 === 0 && console.log(`${done} cases${own ? `, ${residentMb()} MB resident` : ''}`),
});
target.close();
await own?.stop();
for (const { number, kind, problem, request } of findings)
  console.error(`case ${number}, ${kind}: ${problem}\n  ${request}`);
console.log(`${findings.length} findings; answers ${JSON.stringify(answers)}`);
process.exit(findings.length > 0 ? 1 : 0);
