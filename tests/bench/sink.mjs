// sink.mjs - stands where the database would be: takes lines, counts them, keeps none.
//   node sink.mjs      prints its port. GET /count answers how many, GET /ping 204
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

let lines = 0;
function count(body, gzip) {
  const text = gzip ? gunzipSync(body) : body;
  for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) lines++;
}
const server = createServer((request, answer) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    if (request.url === "/count") return answer.end(`${lines}`);
    if (request.method === "POST") count(Buffer.concat(chunks), request.headers["content-encoding"] === "gzip");
    answer.writeHead(204).end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.on("SIGTERM", () => process.exit(0));
