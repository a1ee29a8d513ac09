import 'vscode-jsonrpc/browser';
import { host as contract } from '../src/protocol/panel.ts';
import { client } from '../src/protocol/rpc.ts';
import { connectPort } from '../src/protocol/transport.ts';
import { vscode } from './vscode.ts';

const connection = connectPort(
  {
    post: (message) => vscode.postMessage(message),
    listen(listener) {
      const take = (event: MessageEvent) => listener(event.data);
      window.addEventListener('message', take);
      return () => window.removeEventListener('message', take);
    },
  },
  crypto.randomUUID(),
);
connection.listen();

/** The extension, as this panel asks it; every answer is validated. */
export const host = client(connection, contract, (error) => console.error(error));
