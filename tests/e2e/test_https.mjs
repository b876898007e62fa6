// test_https.mjs - the API and its event stream over TLS, with a certificate made here; plain
// HTTP and a handshake that never ends get nothing and hinder nobody.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { have, rules, Stack, until } from "./stack.mjs";

const options = {
  skip: !have("mosquitto") ? "mosquitto is not installed" : !have("openssl") ? "openssl is not installed" : false,
};

function certificate(dir) {
  const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=carewatch",
    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], { stdio: "pipe" });
  return { key, cert };
}

test("pages, API and stream over TLS", options, async () => {
  const stack = new Stack();
  const silent = [];
  try {
    const { key, cert } = certificate(stack.dir);
    const ca = readFileSync(cert);
    const ask = (path, tls = {}) =>
      new Promise((done, failed) => {
        const asked = request({ host: "127.0.0.1", port: stack.httpPort, path, ca, agent: false, ...tls }, done);
        asked.on("error", failed).end();
      });
    const text = async (path, tls) => {
      const answer = await ask(path, tls);
      let body = "";
      for await (const part of answer.setEncoding("utf8")) body += part;
      return { status: answer.statusCode, protocol: answer.socket.getProtocol?.(), body };
    };
    await stack.broker();
    const settings = { "http.cert_file": cert, "http.key_file": key };
    await stack.daemon(rules, settings, async () => (await text("/readyz")).status === 200);

    for (const version of ["TLSv1.2", "TLSv1.3"])
      assert.equal((await text("/healthz", { minVersion: version, maxVersion: version })).body, "ok\n", version);
    await assert.rejects(ask("/healthz", { ca: undefined }), /self-signed|self signed/, "nobody knows this certificate");

    // Neither who says nothing nor who speaks plainly holds others up.
    for (let i = 0; i < 20; i++) silent.push(connect(stack.httpPort, "127.0.0.1").on("error", () => undefined));
    await once(silent.at(-1), "connect");
    silent[0].write("GET /api/v1/alarms HTTP/1.1\r\nHost: x\r\n\r\n");
    let plain = "";
    silent[0].on("data", (data) => (plain += data.toString("latin1")));
    await new Promise((done) => silent[0].on("close", done)); // reset or closed
    assert.ok(!plain.startsWith("HTTP/1.1 200"), plain);

    const stream = await ask("/api/v1/stream?topics=alarms");
    let events = "";
    stream.on("error", () => undefined).setEncoding("utf8").on("data", (part) => (events += part));
    stack.publish("care/v1/s-1/desk/event", { id: "c-1", ts: Date.now(), type: "call.pressed", bed: "b-1" });
    await until("the call on the stream", () => /event: alarm\ndata: .*help-call/.test(events));
    stream.destroy();
    const { items } = JSON.parse((await text("/api/v1/alarms?state=open")).body);
    assert.equal(items.length, 1);
  } finally {
    for (const socket of silent) socket.destroy();
    await stack.end();
  }
});
