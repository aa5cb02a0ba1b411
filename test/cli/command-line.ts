import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { serve, type ServerType } from '@hono/node-server';
import { expect } from 'vitest';
import { describeApi } from '../../api/describe.ts';
import { createShell, type Shell } from '../../cli/client/shell.ts';
import type { ApiDocument } from '../../cli/client/spec/document.ts';
import { runProgram } from '../../cli/program.ts';
import { addCarrier, API_KEY, createRig, type Rig } from '../api/rig.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandLine {
  readonly rig: Rig;
  readonly url: string;
  /** Every address that was asked for, as a proxy would log it. */
  readonly addresses: readonly string[];
  /** Of a local run, with `connection.json`. */
  readonly folder: string;
  /** As a person types it, with what it printed. */
  run(argv: readonly string[], change?: Partial<Shell> & { readonly input?: string }): Promise<Ran>;
  /** The same against this server; anything but 0 fails the test. @returns what was printed */
  ok(...argv: string[]): Promise<string>;
  file(name: string, text: string): Promise<string>;
  close(): Promise<void>;
}

// The document of this very code, not the one that was written last.
const document = describeApi() as ApiDocument;

/** The command line and an API on a database of its own, with a carrier. */
export async function startCommandLine(): Promise<CommandLine> {
  const rig = await createRig();
  const addresses: string[] = [];
  await addCarrier(rig);
  const server = await new Promise<ServerType>((resolve) => {
    const fetch = (request: Request, env: object) => {
      addresses.push(request.url);
      return rig.app.fetch(request, env);
    };
    const started = serve({ fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(started));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = await mkdtemp(join(tmpdir(), 'rightcall-cli-test-'));
  await writeFile(join(folder, 'connection.json'), JSON.stringify({ url, apiKey: API_KEY }), { mode: 0o600 });
  const run: CommandLine['run'] = async (argv, { input = '', ...change } = {}) => {
    let out = '';
    let err = '';
    const shell = createShell({
      env: { XDG_CONFIG_HOME: folder },
      document: () => document,
      sleep: () => Promise.resolve(),
      stdin: Readable.from([input]) as unknown as NodeJS.ReadStream,
      stdout: writer((text) => (out += text)),
      stderr: writer((text) => (err += text)),
      ...change,
    });
    return { code: await runProgram(argv, { shell }), out, err };
  };
  return {
    rig,
    url,
    addresses,
    folder,
    run,
    ok: async (...argv) => {
      const result = await run([...argv, '--data', folder]);
      expect(result.code, result.err).toBe(0);
      return result.out;
    },
    file: async (name, text) => {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      await rig.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function writer(add: (text: string) => void): NodeJS.WriteStream {
  return {
    isTTY: false,
    write: (text: string | Uint8Array) => (add(String(text)), true),
  } as unknown as NodeJS.WriteStream;
}
