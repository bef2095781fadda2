// Node's HTTP server in terms of the web's Request and Response, which is what Fedify speaks.

import { webcrypto } from "node:crypto";
import { createServer } from "node:http";

// Node 18 has the Web Crypto API, but not as globals; Fedify expects globals.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

/** Serves `handle(request: Request) => Promise<Response>` on a free port of 127.0.0.1; resolves to the port. */
export function serve(handle) {
  const server = createServer(async (incoming, outgoing) => {
    const response = await answer(handle, await requestOf(incoming));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

export function json(document, status = 200) {
  return new Response(JSON.stringify(document), { status, headers: { "Content-Type": "application/json" } });
}

async function answer(handle, request) {
  try {
    return await handle(request);
  } catch (error) {
    console.error(error);
    return json({ error: String(error) }, 500);
  }
}

async function requestOf(incoming) {
  const headers = new Headers();
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i], incoming.rawHeaders[i + 1]);
  }
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const hasBody = incoming.method !== "GET" && incoming.method !== "HEAD";
  return new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method: incoming.method,
    headers,
    body: hasBody ? Buffer.concat(chunks) : undefined,
  });
}
