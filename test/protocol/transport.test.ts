import 'vscode-jsonrpc/node';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { client, serve } from '../../src/protocol/rpc.ts';
import type { Port } from '../../src/protocol/transport.ts';
import { acceptPort, connectPort } from '../../src/protocol/transport.ts';

const sums = {
  requests: {
    add: { params: z.object({ a: z.number(), b: z.number() }), result: z.object({ sum: z.number() }) },
  },
  notices: {},
} as const;

const dialogues = {
  requests: {
    pick: { params: z.object({}), result: z.object({ picked: z.string() }).nullable() },
    choose: { params: z.object({}), result: z.object({ chosen: z.string() }) },
  },
  notices: {},
} as const;

/** Two ends that copy messages as a webview's border does. */
function pair(): [Port, Port] {
  const listeners: Set<(message: unknown) => void>[] = [new Set(), new Set()];
  const end = (mine: number): Port => ({
    post: (message) => {
      const copy = structuredClone(message);
      setTimeout(() => listeners[1 - mine].forEach((listener) => listener(copy)));
    },
    listen: (listener) => {
      listeners[mine].add(listener);
      return () => listeners[mine].delete(listener);
    },
  });
  return [end(0), end(1)];
}

describe('messages over a webview’s border', () => {
  it('answers requests, and passes over what is no message of ours', async () => {
    const [page, host] = pair();
    acceptPort(host, (connection) => {
      serve(connection, sums, { add: ({ a, b }) => ({ sum: a + b }) });
      connection.listen();
    });
    page.post('vscode says something');
    page.post({ session: 'x', message: { jsonrpc: '1.0' } });
    const connection = connectPort(page, 'one');
    connection.listen();
    expect(await client(connection, sums).request('add', { a: 2, b: 3 })).toEqual({ sum: 5 });
    await expect(client(connection, sums).request('add', { a: 2 } as never)).rejects.toThrow('b');
  });

  it('takes null for an answer where it may be one', async () => {
    const [page, host] = pair();
    acceptPort(host, (connection) => {
      serve(connection, dialogues, { pick: () => null, choose: () => null as never });
      connection.listen();
    });
    const connection = connectPort(page, 'one');
    connection.listen();
    const asking = client(connection, dialogues);
    expect(await asking.request('pick', {})).toBeNull();
    await expect(asking.request('choose', {})).rejects.toThrow('answer to choose');
  });

  it('gives an answer only to the page that asked', async () => {
    const [page, host] = pair();
    const opened: string[] = [];
    const late: (() => void)[] = [];
    acceptPort(host, (connection) => {
      opened.push('page');
      serve(connection, sums, {
        add: async ({ a, b }) => {
          if (a === 1) await new Promise<void>((resolve) => late.push(resolve));
          return { sum: a + b };
        },
      });
      connection.listen();
    });
    const first = connectPort(page, 'one');
    first.listen();
    let answered = false;
    void client(first, sums)
      .request('add', { a: 1, b: 1 })
      .then(() => (answered = true));
    await expect.poll(() => late.length).toBe(1);
    // the page was made anew: its first request has the same id as the open one of the page before
    const second = connectPort(page, 'two');
    second.listen();
    const sum = client(second, sums).request('add', { a: 10, b: 1 });
    await expect.poll(() => opened.length).toBe(2);
    late[0]();
    expect(await sum).toEqual({ sum: 11 });
    expect(answered).toBe(false);
  });
});
