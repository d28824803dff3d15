// Puts tables of flags (controllers/manager/flags.ts) on a command, and reads back what was given.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Flag, FlagValues } from '../controllers/manager/flags.ts';

type FlagTable = Readonly<Record<string, Flag<unknown>>>;

function optionOf(name: string, flag: Flag<unknown>): Option {
  // Like Go's, a flag that is true or false needs no value.
  const value = flag.placeholder === 'boolean' ? '[boolean]' : `<${flag.placeholder}>`;
  const standard = flag.standard === undefined || flag.standard === '' ? '' : ` (default: ${flag.standard})`;
  const option = new Option(`--${name} ${value}`, flag.description + standard).argParser((text) => {
    try {
      return flag.parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  });
  return flag.placeholder === 'boolean' ? option.preset('true') : option;
}

/** Adds the flags; one that the command has already is shared with it. */
export function addComponentFlags(command: Command, table: FlagTable): Command {
  const known = new Set(command.options.map(({ long }) => long));
  for (const [name, flag] of Object.entries(table))
    if (!known.has(`--${name}`)) command.addOption(optionOf(name, flag));
  return command;
}

/** The flags of a table that were given. `options` is what commander hands to a command's action. */
export function givenFlags<Table extends FlagTable>(table: Table, options: object): Partial<FlagValues<Table>> {
  const given: Record<string, unknown> = {};
  for (const name in table) {
    const value = (options as Record<string, unknown>)[
      name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
    ];
    if (value !== undefined) given[name] = value;
  }
  return given as Partial<FlagValues<Table>>;
}
