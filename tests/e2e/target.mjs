// target.mjs - what channels are sent to: an HTTP server that keeps each request and answers
// as the test wants, or never.
import { once } from "node:events";
import { createServer } from "node:http";

export class Target {
  requests = []; // {path, url, headers, body, at}
  #server;

  // `answer(request, n)` gives {status, body}, or null to hang; n counts requests of the path.
  static async open(answer) {
    const target = new Target();
    const counts = new Map();
    target.#server = createServer((request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        const url = new URL(request.url, "http://target");
        const n = (counts.get(url.pathname) ?? 0) + 1;
        counts.set(url.pathname, n);
        const body = Buffer.concat(parts).toString();
        target.requests.push({ path: url.pathname, url, headers: request.headers, body, at: Date.now() });
        const said = answer(target.requests.at(-1), n);
        if (said) response.writeHead(said.status, { "Content-Type": "application/json" }).end(said.body ?? "");
      });
      response.on("error", () => undefined);
    });
    target.#server.listen(0, "127.0.0.1");
    await once(target.#server, "listening");
    target.url = `http://127.0.0.1:${target.#server.address().port}`;
    return target;
  }
  of(path) {
    return this.requests.filter((request) => request.path === path);
  }
  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
