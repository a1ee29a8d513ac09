import type { Command, CommanderError } from 'commander';
import { InputError } from '../graph/errors.ts';

/**
 * A mistake in the command line that the parser found, as one sentence of ours: what is wrong, where, what to do.
 * @param command the one that it was made with; the program itself where there was none
 */
export function mistake(error: CommanderError, command: Command): InputError {
  const name = command.parent ? `${command.parent.name()} ${command.name()}` : command.name();
  const help = `${name} --help`;
  // the parser quotes what it means
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  const meant = /\(Did you mean (?:one of )?(.*?)\?\)/s.exec(error.message)?.[1];
  const instead = meant ? `did you mean ${meant.replace(/, (?=[^,]*$)/, ' or ')}?` : '';
  const sentence = (): string => {
    switch (error.code) {
      case 'commander.missingMandatoryOptionValue':
        return `${name} needs ${quoted} (${aboutOption(command, quoted)}): add it`;
      case 'commander.optionMissingArgument':
        return `${name}: the option ${quoted} needs a value (${aboutOption(command, quoted)}): add it`;
      case 'commander.missingArgument':
        return `${name} needs <${quoted}>: write ${name} ${command.usage().replace('[options] ', '')}, options as ${help} lists them`;
      case 'commander.unknownOption':
        return `${name} has no option ${quoted}: ${instead || 'leave it out'} (${help} lists them)`;
      case 'commander.unknownCommand':
        return `${name} has no command "${quoted}": ${instead || 'name another'} (${help} lists them)`;
      case 'commander.excessArguments': {
        const takes = command.registeredArguments.map((one) =>
          one.required ? `<${one.name()}>` : `[${one.name()}]`,
        );
        const more = command.args.slice(takes.length).map((one) => JSON.stringify(one));
        return `${name} takes ${takes.join(' ') || 'nothing'}, no more: leave out ${more.join(', ')}, or put one name with spaces in quotes`;
      }
      case 'commander.help': {
        const [asked, named] = command.args;
        if (asked === 'help' && named !== undefined)
          return `${name} has no command "${named}": name another (${help} lists them)`;
        return `${name} needs a command: name one (${help} lists them)`;
      }
      default:
        return `${name}: ${error.message.replace(/^error: /, '').replace(/\.$/, '')}; ${help} lists what can be given`;
    }
  };
  return new InputError(sentence());
}

/**
 * An empty name would be the current folder, or nothing at all: a variable of the shell that was not set.
 * @throws InputError naming the first argument or option that is empty
 */
export function refuseEmpty(command: Command): void {
  const name = `${command.parent!.name()} ${command.name()}`;
  const at = command.args.findIndex((one) => one.trim() === '');
  if (at >= 0)
    throw new InputError(
      `${name}: <${command.registeredArguments[at]?.name()}> is empty: name it (a variable that isn't set?)`,
    );
  for (const [key, value] of Object.entries(command.opts())) {
    if (typeof value !== 'string' || value.trim() !== '') continue;
    const option = command.options.find((one) => one.attributeName() === key)!;
    throw new InputError(
      `${name}: the option ${option.flags} is empty: give it a value (a variable that isn't set?)`,
    );
  }
}

function aboutOption(command: Command, flags: string): string {
  return command.options.find((option) => option.flags === flags)?.description ?? 'see --help';
}
