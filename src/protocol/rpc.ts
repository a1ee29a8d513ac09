import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc';
import { CancellationTokenSource, ResponseError } from 'vscode-jsonrpc';
import type { z } from 'zod';
import type { Contract, Notice, Params, Result } from './contract.ts';
import type { FailureFile } from '../terms/run-folder.ts';

/** What went wrong: input is the user's to fix (one sentence); cancelled was asked for; the rest is our fault. */
export type FailureKind = FailureFile['kind'] | 'cancelled';
const codes: Record<FailureKind, number> = { input: -32001, cancelled: -32800, internal: -32603 };

/** A request that failed, as the asking side sees it. */
export class Failure extends Error {
  override name = 'Failure';
  constructor(
    readonly kind: FailureKind,
    message: string,
    /** stack or log lines, for the log */
    readonly detail?: string,
  ) {
    super(message);
  }
}

/** How handlers' errors become failures; `InputError` and `Interrupted` are told apart by name across bundles. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (name === 'InputError' || name === 'GoalMissed') return new Failure('input', message);
  if (name === 'Interrupted' || name === 'AbortError') return new Failure('cancelled', message || 'stopped');
  return new Failure('internal', message, stack);
}

export type Handlers<C extends Contract> = {
  readonly [M in keyof C['requests']]: (
    params: Params<C, M>,
    signal: AbortSignal,
  ) => Promise<Result<C, M>> | Result<C, M>;
};

/**
 * Answers the requests of a contract. Params are validated where they come in. So is every answer, by who asked; here it
 * is cut down to what the message holds, for a handler may return more than that.
 */
export function serve<C extends Contract>(
  connection: MessageConnection,
  contract: C,
  handlers: Handlers<C>,
): void {
  for (const [method, { params, result }] of Object.entries(contract.requests)) {
    const handler = handlers[method] as (params: unknown, signal: AbortSignal) => unknown;
    connection.onRequest(method, async (given: unknown, token: CancellationToken) => {
      const abort = new AbortController();
      const listener = token.onCancellationRequested(() => abort.abort());
      try {
        return checked(
          result,
          await handler(checked(params, given, method), abort.signal),
          `answer to ${method}`,
        );
      } catch (error) {
        const failure = failureOf(error);
        return new ResponseError(codes[failure.kind], failure.message, {
          kind: failure.kind,
          detail: failure.detail,
        });
      } finally {
        listener.dispose();
      }
    });
  }
}

/** The asking side of a contract. */
export interface Client<C extends Contract> {
  /** @throws Failure */
  request<M extends keyof C['requests'] & string>(
    method: M,
    params: Params<C, M>,
    signal?: AbortSignal,
  ): Promise<Result<C, M>>;
  /** Listens to a notice; invalid ones go to `onInvalid`. Returns what ends it. */
  on<N extends keyof C['notices'] & string>(name: N, listener: (value: Notice<C, N>) => void): () => void;
}

export function client<C extends Contract>(
  connection: MessageConnection,
  contract: C,
  onInvalid: (error: Error) => void = () => {},
): Client<C> {
  return {
    async request(method, params, signal) {
      const source = new CancellationTokenSource();
      const abort = () => source.cancel();
      if (signal?.aborted) throw new Failure('cancelled', 'stopped');
      signal?.addEventListener('abort', abort, { once: true });
      try {
        const answer: unknown = await connection.sendRequest(method, params ?? {}, source.token);
        return checked(contract.requests[method].result, answer, `answer to ${method}`) as never;
      } catch (error) {
        throw error instanceof ResponseError ? received(error) : failureOf(error);
      } finally {
        signal?.removeEventListener('abort', abort);
        source.dispose();
      }
    },
    on(name, listener) {
      const handle = connection.onNotification(name, (given: unknown) => {
        const parsed = contract.notices[name].safeParse(given);
        if (parsed.success) listener(parsed.data as never);
        else onInvalid(new Error(`the notice ${name} is not one of this version: ${explain(parsed.error)}`));
      });
      return () => handle.dispose();
    },
  };
}

/** Tells a notice of a contract; it is validated where it comes in. */
export function notify<C extends Contract, N extends keyof C['notices'] & string>(
  connection: MessageConnection,
  _contract: C,
  name: N,
  value: Notice<C, N>,
): void {
  void connection.sendNotification(name, value).catch(() => {});
}

function received(error: ResponseError<unknown>): Failure {
  const data = error.data as { kind?: FailureKind; detail?: string } | undefined;
  const kind = data?.kind ?? (error.code === codes.cancelled ? 'cancelled' : 'internal');
  return new Failure(kind, error.message, data?.detail);
}

function checked<T extends z.ZodType>(schema: T, value: unknown, what: string): z.infer<T> {
  // null is an answer: what was asked for in a dialogue that was closed
  const parsed = schema.safeParse(value === undefined ? {} : value);
  if (parsed.success) return parsed.data;
  throw new Failure('internal', `the message ${what} is not one of this version: ${explain(parsed.error)}`);
}

function explain(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue.path.join('.') || 'the whole'}: ${issue.message}`;
}
