/** Bad input from outside (a file, an option, a folder): one clear sentence; the command line exits with 2. */
export class InputError extends Error {
  override name = 'InputError';
}

/** A stop that the user asked for; the command line exits with 130. */
export class Interrupted extends Error {
  override name = 'Interrupted';
  constructor(message = 'interrupted') {
    super(message);
  }
}
