import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { findProgram } from '../../system/programs.ts';

/** A git command that failed. */
export class GitError extends Error {
  override name = 'GitError';
  constructor(
    readonly args: readonly string[],
    readonly exitCode: number | null,
    readonly stderr: string,
  ) {
    super(stderr.trim() || `git ${args[0]} ended with ${exitCode}`);
  }
}

/** git itself, in one repository. Paths are taken as they are, never as patterns. */
export class GitCli {
  constructor(
    readonly binary: string,
    /** the working tree's root, or any folder for questions that need no repository */
    readonly root: string,
  ) {}

  /**
   * What git prints.
   * @param input what it reads
   * @param codes exit codes that are no failure
   * @throws GitError
   */
  async run(args: readonly string[], input = '', codes: readonly number[] = [0]): Promise<string> {
    const child = this.start(args);
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stdin.on('error', () => {}).end(input);
    await this.ended(child, args, codes);
    return out;
  }

  /** Entries that git separates by NUL. */
  async list(args: readonly string[], input = '', codes: readonly number[] = [0]): Promise<string[]> {
    return (await this.run(args, input, codes)).split('\0').filter(Boolean);
  }

  /** What git prints, or null where it fails. */
  async ask(args: readonly string[]): Promise<string | null> {
    try {
      return (await this.run(args)).trim();
    } catch (error) {
      if (error instanceof GitError) return null;
      throw error;
    }
  }

  /** Writes what git prints into a file. */
  async save(args: readonly string[], file: string): Promise<void> {
    const child = this.start(args);
    child.stdin.end();
    const written = pipeline(child.stdout, createWriteStream(file));
    await Promise.all([written, this.ended(child, args, [0])]);
  }

  private start(args: readonly string[]) {
    // Not for commands without paths: check-ignore refuses it.
    const literal = args.includes('--') ? ['--literal-pathspecs'] : [];
    const program = findProgram(this.binary);
    if (!program) throw new GitError(args, null, `there is no ${this.binary} on PATH`);
    return spawn(program, [...literal, ...args], {
      cwd: this.root,
      windowsHide: true,
      // C: errors are told apart by their English text.
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', GIT_EDITOR: 'true' },
    });
  }

  private ended(child: ReturnType<typeof spawn>, args: readonly string[], codes: readonly number[]) {
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-20_000)));
    return new Promise<void>((resolve, reject) => {
      child.on('error', (error) => reject(new GitError(args, null, error.message)));
      child.on('close', (code) =>
        code !== null && codes.includes(code) ? resolve() : reject(new GitError(args, code, stderr)),
      );
    });
  }
}
