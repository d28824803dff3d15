// Completion scripts, made from the commands themselves so that they never disagree.
import type { Command } from 'commander';

function flagsOf(command: Command): string[] {
  return command.options.flatMap((option) => (option.long ? [option.long] : []));
}

function bash(program: Command): string {
  const commands = program.commands.map((command) => command.name());
  const cases = program.commands.map(
    (command) => `    ${command.name()}) words="${flagsOf(command).join(' ')} --help" ;;`,
  );
  return `_pgplane() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  case "$previous" in
    --data-dir|--cert-dir) COMPREPLY=($(compgen -d -- "$current")); return ;;
    --token-auth-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="${commands.join(' ')} --help --version" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _pgplane pgplane
`;
}

function zsh(program: Command): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`;
}

function fish(program: Command): string {
  const lines = program.commands.flatMap((command) => [
    `complete -c pgplane -n __fish_use_subcommand -f -a ${command.name()} -d '${command.description().replaceAll("'", '')}'`,
    ...command.options.map(
      (option) =>
        `complete -c pgplane -n '__fish_seen_subcommand_from ${command.name()}' -l ${option.long?.slice(2)} -d '${option.description.replaceAll("'", '')}'`,
    ),
  ]);
  return `${lines.join('\n')}\n`;
}

export function completionScript(program: Command, shell: 'bash' | 'zsh' | 'fish'): string {
  return { bash, zsh, fish }[shell](program);
}
