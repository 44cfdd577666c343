/** A day at the counter in TypeScript: `node day.mts WORDS`, JSON. Says each step in a line of JSON; goes on when a line comes in. */

import { createInterface } from "node:readline";
import { CarddError, connect, ConnectionEnded } from "../../docs/vendors/typescript/cardd.ts";
import type { Counter, PinRequest } from "../../docs/vendors/typescript/cardd.ts";

interface Words {
  readonly pins: Readonly<Record<string, string>>;
  readonly digest: string;
}

const { pins, digest } = JSON.parse(process.argv[2] ?? "{}") as Words;
const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
const given: Buffer[] = [];
const context = { purpose: "identity_check", case: "R8-0042" };
let behaves: "types" | "wrong" | "waits" | "slow" = "types";
let waits = Promise.withResolvers<void>();

function say(step: string, told: object = {}): void {
  console.log(JSON.stringify({ step, ...told }));
}

async function pin(asked: PinRequest, unwanted: AbortSignal): Promise<Buffer | null> {
  say("asked", { which: asked.which, client: asked.client, origin: asked.origin, shape: asked.shape.alphabet });
  if (behaves === "slow") await lines.next();
  if (behaves === "waits") {
    waits.resolve();
    await new Promise((resolve) => unwanted.addEventListener("abort", resolve));
    say("unwanted", { reason: unwanted.reason });
  }
  const octets = Buffer.from(behaves === "wrong" ? "0000" : (pins[asked.which] ?? ""));
  given.push(octets);
  return octets;
}

async function fails(step: string, call: Promise<unknown>): Promise<void> {
  try {
    await call;
    say(step, { failed: false });
  } catch (error) {
    if (!(error instanceof CarddError)) throw error;
    const { name, message, remedy, actor, retryable, card, pin: fate, requestId, data, code } = error;
    say(step, { name, message, remedy, actor, retryable, card, pin: fate, requestId, code, item: data.field });
  }
}

async function calls(counter: Counter): Promise<void> {
  const login = await counter.call("session.login");
  say("login", { operator: login.operator?.name });
  const [health, who, { cards }] = await Promise.all([counter.call("health"), counter.call("whoami"), counter.call("cards.list")]);
  const resident = cards.find(({ kind }) => kind === "my_number")!;
  say("overlap", { mode: health.mode, client: who.client, cards: cards.length });
  const states: string[] = [];
  const read = await counter.call(
    "card.read",
    { card: resident.card, ...context, items: ["name", "address"] },
    { onProgress: ({ state }) => states.push(state) },
  );
  say("read", { texts: read.items.map(({ text }) => text), sequence: read.receipt.sequence, states });
  const signed = await counter.call("sign.digest", {
    card: resident.card, ...context, purpose: "online_signature", key: "authentication", hash: "sha256",
    digests_base64: [digest], signature_format: "pkcs1v15",
  });
  say("sign", { signature: signed.signatures_base64[0], certificate: signed.certificate_base64 });
  const wish = (items: readonly ("name" | "my_number")[]) => counter.call("card.read", { card: resident.card, ...context, items });
  await fails("refused", wish(["my_number"]));
  behaves = "wrong";
  await fails("wrong_pin", wish(["name"]));
  behaves = "waits";
  const stop = new AbortController();
  const aborted = counter.call("card.read", { card: resident.card, ...context, items: ["name"] }, { signal: stop.signal });
  await waits.promise;
  stop.abort(new Error("the clerk pressed Escape"));
  say("aborted", { reason: await aborted.catch((error: unknown) => (error as Error).message) });
  await fails("already", counter.call("agent.register", { scope: "connection" }));
  behaves = "slow";
  await fails("pulled", wish(["name"]));
}

const counter = await connect({ client: "day", version: "1", locale: "ja", agent: { scope: "connection", pin } });
say("hello", { mode: counter.greeting.mode, ...counter.me });
const { snapshot, changes } = await counter.events();
say("snapshot", { cards: snapshot.cards.length, after: snapshot.number });
await calls(counter);
const seen: string[] = [];
for await (const { topic, change } of changes) {
  seen.push(`${topic} ${change}`);
  if (topic === "card" && change === "removed") break;
}
say("events", { seen });
const more = await counter.events({ topics: ["reader"] });
const end = more.changes.next().catch((error: unknown) => error);
say("wiped", { pins: given.length, zero: given.every((octets) => octets.every((octet) => octet === 0)) });
const why = await counter.ended;
say("ended", { name: why.name, message: why.message, same: (await end) === why });
const late = await counter.call("whoami").catch((error: unknown) => error);
say("late", { same: late === why, is: late instanceof CarddError || late instanceof ConnectionEnded });
process.stdin.destroy();
