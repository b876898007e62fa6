// sender.mjs - a gateway that keeps what is not acknowledged: MQTT 3.1.1 on a raw socket, QoS 1,
// no session at the broker. When the connection ends it connects again and sends what it keeps
// in the old order, as what a crash of the broker makes of it: again, and with the dup flag.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { packet, text } from "./publisher.mjs";

const TICK_MS = 20;
const WINDOW = 2000; // unacknowledged at most; beyond it the city waits
const RETRY_MS = 50;

export class Sender {
  sent = 0;
  acked = 0;
  resent = 0;
  connects = 0;
  #kept = new Map(); // packet id -> [topic, payload]
  #socket = null;
  #up = false;
  #id = 0;
  #closed = false;
  #timer;
  #rest = Buffer.alloc(0);

  constructor(port, client, { user, password = "x" } = {}) {
    this.port = port;
    this.client = client;
    this.user = user;
    this.password = password;
    this.#connect();
  }

  get waiting() {
    return this.#kept.size;
  }

  #connect() {
    const socket = connect(this.port, "127.0.0.1");
    this.#socket = socket;
    this.#rest = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.on("connect", () => {
      const flags = this.user ? 0xc2 : 2;
      const who = this.user ? [text(this.user), text(this.password)] : [];
      socket.write(packet(0x10, text("MQTT"), Buffer.from([4, flags, 0, 0]), text(this.client), ...who));
    });
    socket.on("data", (data) => this.#read(data));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#up = false;
      if (!this.#closed) setTimeout(() => this.#closed || this.#connect(), RETRY_MS);
    });
  }

  #read(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    const whole = this.#rest.length - (this.#rest.length % 4);
    for (let i = 0; i < whole; i += 4) this.#answer(this.#rest.subarray(i, i + 4));
    this.#rest = this.#rest.subarray(whole);
  }

  #answer(bytes) {
    if (bytes[0] === 0x20) {
      assert.equal(bytes[3], 0, "the broker refused the sender");
      this.#up = true;
      this.connects++;
      this.#socket.cork();
      for (const [id, [topic, payload]] of this.#kept) this.#write(id, topic, payload, true);
      this.#socket.uncork();
      this.resent += this.#kept.size;
      return;
    }
    assert.equal(bytes[0], 0x40, "an answer that is no PUBACK");
    if (this.#kept.delete(bytes.readUInt16BE(2))) this.acked++;
  }

  #write(id, topic, payload, dup) {
    const number = Buffer.alloc(2);
    number.writeUInt16BE(id);
    this.#socket.write(packet(dup ? 0x3a : 0x32, text(topic), number, Buffer.from(payload)));
  }

  publish(topic, payload) {
    do this.#id = (this.#id % 65535) + 1;
    while (this.#kept.has(this.#id));
    const body = JSON.stringify(payload);
    this.#kept.set(this.#id, [topic, body]);
    this.sent++;
    if (this.#up) this.#write(this.#id, topic, body, false);
  }

  // Calls `make` `rate` times a second until stop(), as long as the window allows.
  start(rate, make) {
    let last = performance.now();
    let due = 0;
    let n = 0;
    this.#timer = setInterval(() => {
      const now = performance.now();
      due = Math.min(due + ((now - last) / 1000) * rate, WINDOW);
      last = now;
      this.#socket.cork();
      for (; due >= 1 && this.#kept.size < WINDOW; due--) make(n++);
      this.#socket.uncork();
    }, TICK_MS);
  }
  stop() {
    clearInterval(this.#timer);
  }
  close() {
    this.#closed = true;
    this.stop();
    this.#socket.destroy();
  }
}
