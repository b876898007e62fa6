// disk.mjs - from a recorder's log (recorder.c), the disks that a power cut may leave, and what
// had been said to the world by then.
//
// A write is on the disk once a sync of its file that began after it has ended; until then it
// is lost, kept, or torn per 512 bytes. Names are on the disk
//   strict    once their directory was synced
//   ordered   once anything was synced (a journaling file system)
// and of the newer ones some are there, in order.
import { ftruncateSync, linkSync, mkdirSync, openSync, closeSync, readFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

const HEAD = 30;
const SECTOR = 512;

export function readLog(path) {
  const bytes = readFileSync(path);
  const log = [];
  for (let at = 0; at + HEAD <= bytes.length; ) {
    const nName = bytes.readUInt16LE(at + 2);
    const nSecond = bytes.readUInt16LE(at + 4);
    const nData = Number(bytes.readBigUInt64LE(at + 22));
    const name = at + HEAD;
    log.push({
      op: String.fromCharCode(bytes[at]),
      fd: `${bytes.readInt32LE(at + 10)}:${bytes.readInt32LE(at + 6)}`,
      token: `${bytes.readInt32LE(at + 10)}:${bytes.readBigUInt64LE(at + 14)}`,
      offset: Number(bytes.readBigUInt64LE(at + 14)),
      name: bytes.toString("utf8", name, name + nName),
      second: bytes.toString("utf8", name + nName, name + nName + nSecond),
      data: bytes.subarray(name + nName + nSecond, name + nName + nSecond + nData),
    });
    at = name + nName + nSecond + nData;
  }
  return log;
}

// A file's bytes: what it was told to hold, however far it was written.
class Content {
  size = 0;
  bytes = Buffer.alloc(0);
  #grow(end) {
    if (end <= this.bytes.length) return;
    const more = Buffer.alloc(Math.max(end, 2 * this.bytes.length, 4096));
    this.bytes.copy(more);
    this.bytes = more;
  }
  write(at, data) {
    this.#grow(at + data.length);
    data.copy(this.bytes, at);
    this.size = Math.max(this.size, at + data.length);
  }
  resize(size) {
    this.bytes.fill(0, Math.min(size, this.bytes.length));
    this.size = size;
  }
  apply({ op, offset, data }) {
    if (op === "W") this.write(offset, data);
    else if (op === "T") this.resize(offset);
    else this.size = Math.max(this.size, offset); // F: allocated
  }
}

// Follows the log up to `cut`: the files as the kernel has them, and what is not synced.
class Disk {
  now = new Map(); // name -> file
  kept = new Map(); // name -> file, on the disk for sure
  names = []; // changes of names not yet on the disk: { directory, change(map) }
  syncs = new Map();

  constructor(model, folders) {
    this.model = model;
    for (const name of folders) {
      this.now.set(name, { directory: true, pending: [] });
      this.kept.set(name, this.now.get(name));
    }
  }
  #rename(name, change) {
    change(this.now);
    this.names.push({ directory: dirname(name), change });
  }
  #synced(name, upto) {
    const file = this.now.get(name);
    const isDirectory = name === "." || file?.directory;
    if (file && !isDirectory) {
      const settled = file.pending.filter(({ index }) => index < upto);
      settled.forEach((entry) => file.content.apply(entry));
      file.pending = file.pending.filter(({ index }) => index >= upto);
    }
    const covered = (change) => this.model === "ordered" || (isDirectory && change.directory === name);
    for (const change of this.names.filter(covered)) change.change(this.kept);
    this.names = this.names.filter((change) => !covered(change));
  }
  take(entry, index) {
    const { op, name, second } = entry;
    if (op === "C" || op === "M" || op === "Y") {
      if (this.now.has(name)) return;
      const file = { content: new Content(), pending: [], directory: op === "M" };
      this.#rename(name, (map) => map.set(name, file));
    } else if (op === "R" || op === "L") {
      const file = this.now.get(name);
      this.#rename(second, (map) => {
        if (op === "R") map.delete(name);
        map.set(second, file);
      });
    } else if (op === "X") {
      this.#rename(name, (map) => map.delete(name));
    } else if (op === "W" || op === "T" || op === "F") {
      this.now.get(name)?.pending.push({ ...entry, index });
    } else if (op === "B") {
      this.syncs.set(entry.token, index);
    } else if (op === "S") {
      this.#synced(name, this.syncs.get(entry.token));
    }
  }

  // What of the unsynced got there all the same.
  settle(random, mode) {
    if (mode === "lost") return;
    const n = Math.floor(random() * (this.names.length + 1));
    for (const { change } of this.names.slice(0, n)) change(this.kept);
    for (const { content, pending } of new Set(this.now.values())) {
      const prefix = Math.floor(random() * (pending.length + 1));
      pending.forEach((entry, i) => {
        if (mode === "torn" && entry.op === "W") this.#tear(content, entry, random);
        else if (i < prefix) content.apply(entry);
      });
    }
  }
  #tear(content, { offset, data }, random) {
    for (let at = 0; at < data.length; ) {
      const end = Math.min(data.length, at + SECTOR - ((offset + at) % SECTOR));
      if (random() < 0.5) content.write(offset + at, data.subarray(at, end));
      at = end;
    }
  }

  write(folder) {
    mkdirSync(folder, { recursive: true });
    const first = new Map();
    for (const [name, file] of [...this.kept].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const path = join(folder, name);
      if (file.directory) {
        mkdirSync(path, { recursive: true });
        continue;
      }
      if (!this.kept.get(dirname(name))?.directory && dirname(name) !== ".") continue; // its folder is gone
      if (first.has(file)) {
        linkSync(first.get(file), path);
        continue;
      }
      first.set(file, path);
      const fd = openSync(path, "w", 0o600);
      const { bytes, size } = file.content;
      writeSync(fd, bytes.subarray(0, Math.min(size, bytes.length)));
      ftruncateSync(fd, size);
      closeSync(fd);
    }
  }
}

// `folders` were there before the log began.
export function makeDisk(log, cut, { model, mode, random, folder, folders }) {
  const disk = new Disk(model, folders);
  for (let i = 0; i < cut; i++) disk.take(log[i], i);
  disk.settle(random, mode);
  disk.write(folder);
}

// ---- what was said ----

// MQTT packets in a stream of bytes; what is left over waits for more.
function* packets(stream) {
  for (;;) {
    let length = 0, shift = 0, at = 1;
    for (; at < stream.bytes.length && stream.bytes[at] & 128; at++, shift += 7) length |= (stream.bytes[at] & 127) << shift;
    if (at >= stream.bytes.length) return;
    length |= stream.bytes[at++] << shift;
    if (stream.bytes.length < at + length) return;
    yield { type: stream.bytes[0], body: stream.bytes.subarray(at, at + length) };
    stream.bytes = stream.bytes.subarray(at + length);
  }
}

// Reads PUBLISH packets coming in and PUBACKs going out, and calls acked(payload).
class MqttTap {
  streams = { I: { bytes: Buffer.alloc(0) }, A: { bytes: Buffer.alloc(0) } };
  open = new Map();
  constructor(acked) {
    this.acked = acked;
  }
  take(op, data) {
    const stream = this.streams[op];
    stream.bytes = Buffer.concat([stream.bytes, data]);
    for (const { type, body } of packets(stream)) {
      if (op === "I" && type >> 4 === 3 && type & 6) {
        const at = 2 + body.readUInt16BE(0);
        this.open.set(body.readUInt16BE(at), body.toString("utf8", at + 2));
      } else if (op === "A" && type >> 4 === 4) {
        const id = body.readUInt16BE(0);
        if (this.open.has(id)) this.acked(this.open.get(id));
        this.open.delete(id);
      }
    }
  }
}

// Where the last round of the journal's syncs that had ended by `cut` began. A round ends with
// the newest segment, and for a segment that is new with its folder; a full one before it says
// nothing of what lies in the newer.
export function lastSync(log, cut) {
  const isSegment = (name) => typeof name === "string" && name.endsWith(".seg");
  const began = (i) => {
    const { token } = log[i];
    while (i > 0 && !(log[i].op === "B" && log[i].token === token)) i--;
    return i;
  };
  const nameIsKept = (name) => {
    const named = log.findLastIndex(({ op, second }, i) => i < cut && op === "R" && second === name);
    const kept = (entry, i) => i > named && i < cut && entry.op === "S" && entry.name === dirname(name) && began(i) > named;
    return named < 0 || log.some(kept);
  };
  for (let i = cut - 1; i > 0; i--) {
    const { op, name } = log[i];
    if (op !== "S" || !isSegment(name)) continue;
    const newer = log.slice(0, i).some((entry) => isSegment(entry.name) && entry.name > name);
    if (!newer && nameIsKept(name)) return began(i);
  }
  return 0;
}

// The same for a broker: at which index of the log it acknowledged which event or value.
export function whatWasAcknowledged(log) {
  const said = [];
  const sockets = new Map();
  log.forEach(({ op, fd, data }, index) => {
    if (op === "K") sockets.delete(fd);
    if (op !== "A" && op !== "I") return;
    if (!sockets.has(fd)) {
      const acked = (payload) =>
        said.push({
          index: sockets.get(fd).index,
          id: /"id":"([^"]+)"/.exec(payload)?.[1],
          mark: Number(/"mark":(\d+)/.exec(payload)?.[1] ?? 0),
        });
      sockets.set(fd, { mqtt: op === "I" && data[0] >> 4 === 1, tap: new MqttTap(acked) }); // CONNECT comes in
    }
    const socket = sockets.get(fd);
    socket.index = index;
    if (socket.mqtt) socket.tap.take(op, data);
  });
  return said;
}

// At each index of the log: ids of events and marks of telemetry acknowledged to the broker
// (`acked`, `mark`), ids confirmed to
// the facility (`accepted`), alarms shown or told with their revision (`shown`).
export function whatWasSaid(log) {
  const said = [];
  const sockets = new Map();
  log.forEach(({ op, fd, data }, index) => {
    if (op === "K") sockets.delete(fd);
    if (op !== "A" && op !== "I") return;
    if (!sockets.has(fd)) {
      const mqtt = op === "A" && data[0] >> 4 === 1; // CONNECT
      // The -data session hears events too, for mistyped topics, and leaves them to the other.
      const keepsEvents = mqtt && data.includes("-events");
      const acked = (payload) =>
        said.push({
          index: sockets.get(fd).index,
          acked: keepsEvents ? /"id":"([^"]+)"/.exec(payload)?.[1] : undefined,
          mark: Number(/"mark":(\d+)/.exec(payload)?.[1] ?? 0),
        });
      sockets.set(fd, { mqtt, tap: new MqttTap(acked) });
    }
    const socket = sockets.get(fd);
    socket.index = index;
    if (socket.mqtt) socket.tap.take(op, data);
    if (op !== "A") return;
    const text = data.toString("latin1");
    for (const [, list] of text.matchAll(/\{"ids":\[([^\]]*)\]\}/g))
      for (const [, id] of list.matchAll(/"([^"]+)"/g)) said.push({ index, accepted: id });
    for (const [, id, rev] of text.matchAll(/"id":"([0-9A-Z]{26})","rev":(\d+)/g)) said.push({ index, shown: id, rev: Number(rev) });
  });
  return said;
}
