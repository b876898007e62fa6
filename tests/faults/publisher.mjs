// publisher.mjs - a facility's gateway, no more than it needs: MQTT 3.1.1 on a raw socket,
// QoS 1, every PUBACK counted. A steady rate, however slow the broker answers.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";

const TICK_MS = 20;

export const text = (value) => {
  const bytes = Buffer.from(value);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(bytes.length);
  return Buffer.concat([size, bytes]);
};

export function packet(type, ...parts) {
  const body = Buffer.concat(parts);
  const head = [type];
  for (let left = body.length; ; left >>= 7) {
    head.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.from(head), body]);
}

export class Publisher {
  sent = 0;
  acked = 0;
  #socket;
  #id = 0;
  #rest = Buffer.alloc(0);
  #timer;

  static async open(port, client) {
    const publisher = new Publisher();
    publisher.#socket = connect(port, "127.0.0.1");
    publisher.#socket.setNoDelay(true);
    await once(publisher.#socket, "connect");
    publisher.#socket.write(packet(0x10, text("MQTT"), Buffer.from([4, 2, 0, 0]), text(client)));
    const [answer] = await once(publisher.#socket, "data");
    assert.deepEqual([...answer], [0x20, 2, 0, 0], "the broker refused the publisher");
    publisher.#socket.on("data", (data) => publisher.#read(data));
    return publisher;
  }

  // A broker answers a 3.1.1 publisher with PUBACKs only: four bytes each.
  #read(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    const whole = this.#rest.length - (this.#rest.length % 4);
    for (let i = 0; i < whole; i += 4) assert.equal(this.#rest[i], 0x40);
    this.acked += whole / 4;
    this.#rest = this.#rest.subarray(whole);
  }

  publish(topic, payload) {
    this.publishBytes(topic, JSON.stringify(payload));
  }
  publishBytes(topic, payload) {
    const id = Buffer.alloc(2);
    this.#id = (this.#id % 65535) + 1;
    id.writeUInt16BE(this.#id);
    this.#socket.write(packet(0x32, text(topic), id, Buffer.from(payload)));
    this.sent++;
  }

  // Calls `make` `rate` times a second until stop(); what a late timer missed is made up for.
  start(rate, make) {
    const begun = performance.now();
    let n = 0;
    this.#timer = setInterval(() => {
      const due = ((performance.now() - begun) / 1000) * rate;
      for (this.#socket.cork(); n < due; n++) make(n);
      this.#socket.uncork();
      this.rate = n / ((performance.now() - begun) / 1000);
    }, TICK_MS);
  }
  stop() {
    clearInterval(this.#timer);
  }
  close() {
    this.stop();
    this.#socket.destroy();
  }
}

// A persistent session that is subscribed and away: from here on the broker keeps its messages.
export async function subscribeOnce(port, client, topics) {
  const socket = connect(port, "127.0.0.1");
  const answers = [];
  const answered = new Promise((done, failed) => {
    socket.on("data", (data) => answers.push(data) && Buffer.concat(answers).length >= 4 + 4 + topics.length && done());
    socket.on("error", failed);
  });
  await once(socket, "connect");
  socket.write(packet(0x10, text("MQTT"), Buffer.from([4, 0, 0, 0]), text(client)));
  socket.write(packet(0x82, Buffer.from([0, 1]), ...topics.map((topic) => Buffer.concat([text(topic), Buffer.from([1])]))));
  await answered;
  socket.end(packet(0xe0));
  await once(socket, "close");
}
