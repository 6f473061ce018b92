// A web server that counts its visitors in Redis, and says on descriptor 3 when it is ready.
import { writeSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import process from "node:process";

const GREETING = "Hello";

/** Asks Redis for something; redis.io/docs/latest/develop/reference/protocol-spec. */
function ask(command) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(process.env.REDIS_PORT), "127.0.0.1");
    socket.setEncoding("utf8");
    socket.once("data", (reply) => {
      socket.end();
      resolve(reply.trim().slice(1));
    });
    socket.once("error", reject);
    socket.write(`${command}\r\n`);
  });
}

const server = createServer(async (_request, response) => {
  try {
    response.end(`${GREETING}, visitor ${await ask("INCR visitors")}\n`);
  } catch (error) {
    response.writeHead(503).end(`${error}\n`);
  }
});

server.listen(3000, "127.0.0.1", () => {
  const { port } = server.address();
  writeSync(3, `${JSON.stringify({ url: `http://127.0.0.1:${port}/`, pid: process.pid })}\n`);
});
