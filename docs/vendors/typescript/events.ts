/**
 * Follow what happens at the seat, for ever: `node events.ts`. After a lost connection, or having read too slowly, it asks for what it missed.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { CarddError, ConnectionEnded, connect, EventsLost } from "./cardd.ts";

let since: number | undefined;
let bootId: string | undefined;

for (;;) {
  try {
    await using counter = await connect({ client: "events.ts", version: "1" });
    const place = since === undefined || bootId === undefined ? {} : { since, boot_id: bootId };
    const { snapshot, changes } = await counter.events({ topics: ["reader", "card", "session"], ...place });
    if (snapshot.gap || since === undefined) {
      console.log(`cards: ${snapshot.cards.map(({ card, kind }) => `${card} ${kind}`).join(", ") || "none"}`);
      since = snapshot.number;
    }
    bootId = snapshot.boot_id;
    for await (const { number, topic, change, facts } of changes) {
      console.log(topic, change, JSON.stringify(facts));
      since = number;
    }
  } catch (error) {
    if (error instanceof EventsLost) continue; // the next subscription goes on where this one ended
    const isGone = error instanceof ConnectionEnded || (error instanceof Error && "syscall" in error);
    const isStopping = error instanceof CarddError && error.data.problem === "server_stopping";
    if (!isGone && !isStopping && !(error instanceof CarddError && error.retryable)) throw error;
    await sleep(1000);
  }
}
