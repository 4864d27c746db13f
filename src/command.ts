/** Command lines of the project's programs, all in one way. */
import { Command, InvalidArgumentError } from 'commander';

/**
 * A command line that explains itself with --help. A wrong argument is an error on standard error, and exit code 2.
 * @param name what a person types, such as `npm run fuzz --`
 */
export function commandLine(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .showHelpAfterError('--help shows what is allowed')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}

/** Reads an option that takes a whole number. @param least the smallest that is allowed */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`It takes a whole number from ${least}.`);
    return value;
  };
}

/** Reads an option that takes the path which a site lives below. */
export function basePath(text: string): string {
  if (!text.startsWith('/') || !text.endsWith('/'))
    throw new InvalidArgumentError('It begins and ends with a slash, such as /docs/sockets/.');
  return text;
}
