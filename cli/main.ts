// The `pgplane` command: reads the command line and runs one of the commands.
import { Command, InvalidArgumentError } from 'commander';
import { completionScript } from './completion.ts';
import { addControllersFlags, addNodeFlags, addSchedulerFlags, addServerFlags, addUpFlags } from './flags.ts';
import { packageVersion, versionText } from './version.ts';

const program = new Command('pgplane')
  .description('A Kubernetes control plane on PostgreSQL.')
  .version(versionText(), '--version', 'print the version of pgplane and of the Kubernetes API it serves')
  .helpOption('-h, --help', 'show this help')
  .showHelpAfterError('(add --help for what can be given)')
  .addHelpText(
    'after',
    `
Examples:
  pgplane up                                       everything, with its own PostgreSQL, in ./.pgplane
  kubectl --kubeconfig .pgplane/kubeconfig get ns  talk to it
  pgplane server --database-url postgres://…       the API server alone, on a PostgreSQL of yours
  pgplane kubeconfig --user jane --group dev       a kubeconfig for somebody else
  source <(pgplane completion bash)                completion for this shell`,
  );

// Commands load what they need themselves, so that --help and completion answer at once.
addUpFlags(
  program
    .command('up')
    .description(
      'run the control plane: PostgreSQL (unless --database-url), the API server, controllers, the scheduler and nodes',
    ),
).action(async (flags) => (await import('./run.ts')).run('up', flags));
addServerFlags(program.command('server').description('run the API server alone')).action(async (flags) =>
  (await import('./run.ts')).run('server', flags),
);

addControllersFlags(
  program.command('controllers').description('run the controllers alone, for any Kubernetes API server'),
).action(async (flags) => (await import('./controllers.ts')).runControllers(flags));

addSchedulerFlags(
  program.command('scheduler').description('run the scheduler alone, for any Kubernetes API server'),
).action(async (flags) => (await import('./scheduler.ts')).runScheduler(flags));

addNodeFlags(
  program.command('node').description('run nodes alone (simulated ones), for any Kubernetes API server'),
).action(async (flags) => (await import('./node.ts')).runNode(flags));

program
  .command('kubeconfig')
  .description('print a kubeconfig for the control plane in a data directory')
  .option('--data-dir <directory>', 'where the control plane keeps its files', '.pgplane')
  .option('--server <url>', 'address to write into it (default: the one the control plane last served at)')
  .option('--user <name>', 'user name (makes a new client certificate; default: the administrator)')
  .option('--group <name...>', 'groups of that user')
  .action(async (flags) => (await import('./kubeconfig.ts')).printKubeconfig(flags));

program
  .command('completion')
  .description('print a completion script')
  .argument('<shell>', 'bash, zsh or fish', (shell: string) => {
    if (!['bash', 'zsh', 'fish'].includes(shell)) throw new InvalidArgumentError('Give bash, zsh or fish.');
    return shell as 'bash' | 'zsh' | 'fish';
  })
  .action((shell: 'bash' | 'zsh' | 'fish') => void process.stdout.write(completionScript(program, shell)));

program
  .command('version')
  .description('print the version')
  .action(() => void process.stdout.write(`${versionText()}\n`));

process.title = `pgplane ${packageVersion()}`;
await program.parseAsync();
