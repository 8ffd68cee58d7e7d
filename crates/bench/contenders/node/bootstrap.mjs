// The Runtime API, in place of Lambda's own client for Node, which is built from C++.
import { Agent, request } from "node:http";
import { handle } from "./handler.mjs";

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { agent, host, port, method, path: `/2018-06-01/runtime/invocation/${path}` };
    const sent = request(options, async (response) => {
      const parts = await response.toArray();
      resolve({ headers: response.headers, body: Buffer.concat(parts) });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function run() {
  for (;;) {
    const { headers, body } = await call("GET", "next");
    const answer = await handle(JSON.parse(body));
    const id = headers["lambda-runtime-aws-request-id"];
    await call("POST", `${id}/response`, JSON.stringify(answer));
  }
}

run();
