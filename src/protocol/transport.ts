import type { DataCallback, Disposable, Message, MessageConnection } from 'vscode-jsonrpc';
import { AbstractMessageReader, AbstractMessageWriter, createMessageConnection } from 'vscode-jsonrpc';
import * as z from 'zod';

/**
 * JSON-RPC where whole messages are posted (a webview's postMessage). Each side must have imported `vscode-jsonrpc/node` or
 * `vscode-jsonrpc/browser` before it connects. A webview's page is made anew each time it comes into sight; every page
 * is one session, so that an answer to a page that is gone never reaches the next one.
 */
export interface Port {
  /** may resolve to whether it was delivered; a hidden webview drops messages */
  post(message: unknown): unknown;
  /** returns what ends it */
  listen(listener: (message: unknown) => void): () => void;
}

const envelope = z.object({
  session: z.string().min(1).max(64),
  message: z.looseObject({ jsonrpc: z.literal('2.0') }),
});

class PortReader extends AbstractMessageReader {
  private callback: DataCallback | null = null;
  private early: Message[] = [];

  take(message: Message): void {
    if (this.callback) this.callback(message);
    else this.early.push(message);
  }

  listen(callback: DataCallback): Disposable {
    this.callback = callback;
    for (const message of this.early.splice(0)) callback(message);
    return { dispose: () => (this.callback = null) };
  }
}

class PortWriter extends AbstractMessageWriter {
  constructor(
    private readonly port: Port,
    private readonly session: string,
  ) {
    super();
  }

  write(message: Message): Promise<void> {
    try {
      this.port.post({ session: this.session, message });
      return Promise.resolve();
    } catch (error) {
      this.fireError(error as Error, message, 1);
      return Promise.reject(error as Error);
    }
  }

  end(): void {}
}

/** The page's end: a connection of a session of its own, not yet listening. `session`: random, new for every page. */
export function connectPort(port: Port, session: string): MessageConnection {
  const reader = new PortReader();
  const end = port.listen((given) => {
    const parsed = envelope.safeParse(given);
    if (parsed.success && parsed.data.session === session) reader.take(parsed.data.message);
  });
  const connection = createMessageConnection(reader, new PortWriter(port, session));
  connection.onDispose(end);
  return connection;
}

/**
 * The host's end: `opened` gets a connection, not yet listening, for every page; that of the page before is disposed of.
 * Messages that are none of ours are passed over.
 * @returns what ends it
 */
export function acceptPort(port: Port, opened: (connection: MessageConnection) => void): () => void {
  let current: { session: string; reader: PortReader; connection: MessageConnection } | null = null;
  const end = port.listen((given) => {
    const parsed = envelope.safeParse(given);
    if (!parsed.success) return;
    const { session, message } = parsed.data;
    if (current?.session !== session) {
      current?.connection.dispose();
      const reader = new PortReader();
      const connection = createMessageConnection(reader, new PortWriter(port, session));
      current = { session, reader, connection };
      opened(connection);
    }
    current.reader.take(message);
  });
  return () => {
    end();
    current?.connection.dispose();
    current = null;
  };
}
