// test_resume.mjs - a reader of the event stream goes on where it was, also when the daemon was
// killed meanwhile: what it missed comes, what it had does not, and an id of nobody is a reset.
import assert from "node:assert/strict";
import { test } from "node:test";
import { have, rules, Stack, until } from "./stack.mjs";

const options = { skip: have("mosquitto") ? false : "mosquitto is not installed" };

class Reader {
  text = "";
  #abort = new AbortController();

  async open(stack, lastId, topics = "alarms") {
    const headers = lastId ? { "Last-Event-ID": lastId } : {};
    const url = `${stack.url()}/api/v1/stream?topics=${topics}`;
    const answer = await fetch(url, { headers, signal: this.#abort.signal });
    void (async () => {
      for await (const part of answer.body.pipeThrough(new TextDecoderStream())) this.text += part;
    })().catch(() => undefined);
    return this;
  }
  // bed -> id of the newest frame about it
  get beds() {
    const frames = this.text.matchAll(/id: (\S+)\nevent: alarm\ndata: (.*)\n\n/g);
    return new Map([...frames].map(([, id, data]) => [JSON.parse(data).bed, id]));
  }
  // visit -> id of the newest frame about it, and its worker
  get visits() {
    const frames = this.text.matchAll(/id: (\S+)\nevent: visit\ndata: (.*)\n\n/g);
    return new Map([...frames].map(([, id, data]) => [JSON.parse(data).visit, { id, ...JSON.parse(data) }]));
  }
  close() {
    this.#abort.abort();
  }
}

test("a stream goes on over a kill", options, async () => {
  const stack = new Stack();
  const readers = [];
  const read = async (lastId) => {
    readers.push(await new Reader().open(stack, lastId));
    return readers.at(-1);
  };
  const call = (n) =>
    stack.publish("care/v1/s-1/desk/event", { id: `c-${n}`, ts: Date.now(), type: "call.pressed", bed: `b-${n}` });
  try {
    await stack.broker();
    await stack.daemon(rules);
    const first = await read();
    for (const n of [1, 2, 3]) {
      call(n);
      await until(`call ${n}`, () => first.beds.has(`b-${n}`));
    }
    const ids = first.beds;
    for (const signal of ["SIGKILL", "SIGTERM"]) {
      await stack.stop("carewatch", signal);
      await stack.daemon(null);
      const behind = await read(ids.get("b-1"));
      await until("what was missed", () => behind.beds.has("b-2") && behind.beds.has("b-3"));
      assert.ok(!behind.beds.has("b-1") && !behind.text.includes("event: reset"), behind.text);
      assert.equal(behind.beds.get("b-3"), ids.get("b-3"), "the same id as before");
    }
    const upToDate = await read(ids.get("b-3"));
    call(4);
    await until("what is new", () => upToDate.beds.has("b-4"));
    assert.deepEqual([...upToDate.beds.keys()], ["b-4"]);
    assert.ok(!upToDate.text.includes("event: reset"));
    const stranger = await read("nonsense");
    await until("a reset", () => stranger.text.includes("event: reset"));
  } finally {
    for (const reader of readers) reader.close();
    await stack.end();
  }
});

test("visits go on over a kill, too", options, async () => {
  const stack = new Stack();
  const readers = [];
  const read = async (lastId, topics) => {
    readers.push(await new Reader().open(stack, lastId, topics));
    return readers.at(-1);
  };
  let n = 0;
  const assign = (visit, worker) =>
    stack.publish("care/v1/s-1/desk/event", { id: `v-${++n}`, ts: Date.now(), type: "visit.assigned", visit, worker });
  try {
    await stack.broker();
    await stack.daemon(rules);
    const first = await read(null, "alarms,visits");
    for (const visit of ["a", "b", "c"]) {
      assign(visit, "w-1");
      await until(`visit ${visit}`, () => first.visits.has(visit));
    }
    assign("b", "w-2");
    await until("the correction", () => first.visits.get("b").worker === "w-2");
    const before = first.visits;
    for (const topics of ["visits", "alarms,visits"]) {
      await stack.stop("carewatch", "SIGKILL");
      await stack.daemon(null);
      const behind = await read(before.get("a").id, topics);
      await until("what was missed", () => behind.visits.has("b") && behind.visits.has("c"));
      assert.ok(!behind.visits.has("a") && !behind.text.includes("event: reset"), behind.text);
      assert.deepEqual(behind.visits.get("b"), before.get("b"), "as it was, with the same id");
    }
    const upToDate = await read(before.get("b").id, "visits");
    assign("d", "w-1");
    await until("what is new", () => upToDate.visits.has("d"));
    assert.deepEqual([...upToDate.visits.keys()], ["d"]);
    const stranger = await read("nonsense", "visits");
    await until("a reset", () => stranger.text.includes("event: reset"));
  } finally {
    for (const reader of readers) reader.close();
    await stack.end();
  }
});
