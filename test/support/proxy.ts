import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** How bytes pass at the moment. */
export interface Weather {
  /** Real ms that each piece takes longer, in each direction. */
  readonly delayMs: number;
  /** Nothing passes, and nothing is lost: it goes on once this is over. New connections are taken and wait as well. */
  readonly stalled: boolean;
  /** New connections are refused (reset as soon as they are there). */
  readonly refusing: boolean;
}
export const FAIR: Weather = { delayMs: 0, stalled: false, refusing: false };

/** A TCP proxy on 127.0.0.1 whose network can be made bad. Of several targets it takes the next one that answers. */
export interface Proxy {
  readonly port: number;
  weather(next: Partial<Weather>): void;
  /** Reset every connection, at once and in both directions. @returns how many */
  cut(): number;
  /**
   * Let every connection go dead without a word: whatever is sent on it is swallowed from now on, and neither side is
   * told, as behind a firewall that forgot it. @returns how many
   */
  deafen(): number;
  connections(): number;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  server: Socket | null;
  deaf: boolean;
}

/** How often a stalled link looks whether it may go on, real ms. */
const LOOK_MS = 20;

/** @param targets ports on 127.0.0.1, asked for anew with each connection. */
export async function createProxy(targets: () => readonly number[], port = 0): Promise<Proxy> {
  const links = new Set<Link>();
  let weather = FAIR;
  let turn = 0;
  let closed = false;

  const passage = async (): Promise<void> => {
    if (weather.delayMs > 0) await delay(weather.delayMs, undefined, { ref: false });
    while (weather.stalled && !closed) await delay(LOOK_MS, undefined, { ref: false });
  };

  const end = (link: Link): void => {
    links.delete(link);
    link.client.resetAndDestroy();
    link.server?.resetAndDestroy();
  };

  const carry = (link: Link, from: Socket, to: Socket): void => {
    from.on('data', (piece: Buffer) => {
      if (link.deaf) return;
      if (weather.delayMs === 0 && !weather.stalled) {
        if (!to.write(piece)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
        return;
      }
      from.pause();
      void passage().then(() => {
        if (!link.deaf && !to.destroyed) to.write(piece);
        from.resume();
      });
    });
    from.on('end', () => {
      if (!link.deaf) void passage().then(() => to.end());
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      // Half of a dead link: the other side must not hear of it.
      if (link.deaf) return;
      links.delete(link);
      if (!to.destroyed) to.destroy();
    });
  };

  const open = async (client: Socket): Promise<void> => {
    const link: Link = { client, server: null, deaf: false };
    client.on('error', () => undefined);
    if (weather.refusing) return end(link);
    client.pause();
    client.setNoDelay(true);
    links.add(link);
    await passage();
    const server = await reach(targets(), turn++);
    if (server === null || client.destroyed || closed) {
      server?.destroy();
      return end(link);
    }
    link.server = server;
    carry(link, client, server);
    carry(link, server, client);
    client.resume();
  };

  const server: Server = createServer({ allowHalfOpen: true }, (client) => void open(client));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    weather: (next) => {
      weather = { ...weather, ...next };
    },
    cut: () => {
      const all = [...links];
      for (const link of all) end(link);
      return all.length;
    },
    deafen: () => {
      for (const link of links) link.deaf = true;
      return links.size;
    },
    connections: () => links.size,
    close: async () => {
      closed = true;
      for (const link of [...links]) end(link);
      server.close();
      await once(server, 'close');
    },
  };
}

/** A connection to the first target from the `turn`-th on that takes one; null where none does. */
async function reach(ports: readonly number[], turn: number): Promise<Socket | null> {
  for (let n = 0; n < ports.length; n++) {
    const socket = connect({
      host: '127.0.0.1',
      port: ports[(turn + n) % ports.length]!,
      allowHalfOpen: true,
    });
    socket.setNoDelay(true);
    const taken = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (taken) return socket;
    socket.destroy();
  }
  return null;
}
