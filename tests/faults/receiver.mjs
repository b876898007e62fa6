// receiver.mjs - who is told: an HTTP server that keeps every notification by channel and id,
// with the life of the daemon that sent it, and takes its time to answer.
import { once } from "node:events";
import { createServer } from "node:http";
import { setImmediate as turn } from "node:timers/promises";

export class Receiver {
  life = 0;
  answers = true; // else it says 503 and keeps nothing
  // channel -> id -> lives in which it came
  told = new Map();
  broken = [];
  #server;
  #random;

  static async open(random, port = 0) {
    const receiver = new Receiver();
    receiver.#random = random;
    receiver.#server = createServer((request, answer) => receiver.#take(request, answer));
    receiver.#server.listen(port, "127.0.0.1");
    await once(receiver.#server, "listening");
    receiver.port = receiver.#server.address().port;
    return receiver;
  }

  #take(request, answer) {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      if (!this.answers) {
        answer.writeHead(503).end();
        return;
      }
      this.#keep(request.url.slice(1), Buffer.concat(parts).toString());
      setTimeout(() => answer.writeHead(204).end(), this.#random() * 30);
    });
    answer.on("error", () => undefined); // the sender was killed
  }
  #keep(channel, body) {
    try {
      const event = JSON.parse(body);
      if (!this.told.has(channel)) this.told.set(channel, new Map());
      const ids = this.told.get(channel);
      if (!ids.has(event.id)) ids.set(event.id, { lives: [], data: event.data });
      ids.get(event.id).lives.push(this.life);
    } catch {
      this.broken.push(body);
    }
  }

  // The sender is dead: what it left in the sockets is read before the next one lives.
  async nextLife() {
    let open;
    do {
      await turn();
      open = await new Promise((done) => this.#server.getConnections((_, n) => done(n)));
    } while (open > 0);
    this.life++;
  }
  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
