/**
 * Serves a browser what a page with the library needs, on loopback: the built library, and the tests' files with their
 * types stripped. The caller chooses the headers, because they decide what a page may do. A page sends its report by POST.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { text } from 'node:stream/consumers';
import ts from 'typescript';

/** What is served: files below a folder, whose paths look so. */
export interface Files {
  readonly root: URL;
  readonly paths: RegExp;
}

const CHECKOUT: Files = { root: new URL('../../../', import.meta.url), paths: /^\/(dist|test)\/[\w./-]+$/ };

const MIME: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.ts': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** What makes a page cross-origin isolated, so that it may share memory with workers. */
export const ISOLATED: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export interface Site {
  /** "http://127.0.0.1:PORT" */
  readonly origin: string;
  /** Path and query of every GET so far. */
  readonly requests: readonly string[];
  /** The body of the first POST. */
  readonly report: Promise<string>;
  close(): Promise<void>;
}

/** Starts a server that sends `headers` with everything. */
export async function serve(headers: Readonly<Record<string, string>>, files: Files = CHECKOUT): Promise<Site> {
  const requests: string[] = [];
  let deliver: (report: string) => void = () => {};
  const report = new Promise<string>((resolve) => {
    deliver = resolve;
  });
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.method === 'POST') {
      void text(request).then((body) => {
        deliver(body);
        response.end();
      });
    } else {
      requests.push(request.url ?? '');
      void sendFile(request, response, files);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, requests, report, close: () => close(server) };
}

async function sendFile(request: IncomingMessage, response: ServerResponse, files: Files): Promise<void> {
  const { pathname } = new URL(request.url ?? '', 'http://localhost'); // resolves every ".."
  const type = MIME[extname(pathname)];
  if (type === undefined || !files.paths.test(pathname)) {
    response.writeHead(404).end();
    return;
  }
  try {
    const bytes = await readFile(new URL(`.${pathname}`, files.root));
    response.writeHead(200, { 'Content-Type': type }).end(pathname.endsWith('.ts') ? stripped(bytes) : bytes);
  } catch {
    response.writeHead(404).end();
  }
}

function stripped(bytes: Buffer): string {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true };
  return ts.transpileModule(bytes.toString(), { compilerOptions }).outputText;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
