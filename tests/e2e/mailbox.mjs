// mailbox.mjs - a small mail server: keeps each mail with its envelope, answers RCPT and the
// end of DATA as the test wants.
import { once } from "node:events";
import { createServer } from "node:net";

export class Mailbox {
  mails = []; // {from, to, headers, body}
  #server;

  // `answer(step, text)` gives the reply to RCPT ("rcpt") and to the mail itself ("data").
  static async open(answer = () => "250 ok") {
    const mailbox = new Mailbox();
    mailbox.#server = createServer((socket) => mailbox.#talk(socket, answer));
    mailbox.#server.listen(0, "127.0.0.1");
    await once(mailbox.#server, "listening");
    mailbox.url = `smtp://127.0.0.1:${mailbox.#server.address().port}`;
    return mailbox;
  }

  #talk(socket, answer) {
    const say = (line) => socket.write(`${line}\r\n`);
    let text = "", mail = {}, inData = false, inLogin = false;
    socket.on("error", () => undefined);
    say("220 mailbox");
    socket.on("data", (part) => {
      text += part;
      for (let end; (end = text.indexOf(inData ? "\r\n.\r\n" : "\r\n")) >= 0; ) {
        const line = text.slice(0, end);
        text = text.slice(end + (inData ? 5 : 2));
        if (inLogin) {
          inLogin = false;
          mail.login = Buffer.from(line, "base64").toString().split("\0").slice(1);
          say("235 ok");
        } else if (inData) {
          inData = false;
          const reply = answer("data", line);
          if (reply.startsWith("2")) this.#keep(mail, line);
          mail = {};
          say(reply);
        } else if (/^EHLO/i.test(line)) {
          socket.write("250-mailbox\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n");
        } else if (/^AUTH PLAIN/i.test(line)) {
          inLogin = true;
          say("334 ");
        } else if (/^MAIL FROM/i.test(line)) {
          mail.from = /<(.*)>/.exec(line)[1];
          say("250 ok");
        } else if (/^RCPT TO/i.test(line)) {
          (mail.to ??= []).push(/<(.*)>/.exec(line)[1]);
          say(answer("rcpt", line));
        } else if (/^DATA/i.test(line)) {
          inData = true;
          say("354 go on");
        } else if (/^QUIT/i.test(line)) {
          say("221 bye");
          socket.end();
        } else {
          say("250 ok");
        }
      }
    });
  }

  #keep(mail, text) {
    const [head, ...body] = text.split("\r\n\r\n");
    const headers = Object.fromEntries(
      head.split("\r\n").map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]),
    );
    const subject = (headers.subject ?? "").replace(/=\?UTF-8\?B\?(.*?)\?=( (?==\?))?/g, (_, word) => Buffer.from(word, "base64").toString());
    this.mails.push({ ...mail, headers, subject, body: Buffer.from(body.join(""), "base64").toString() });
  }
  close() {
    this.#server.close();
  }
}
