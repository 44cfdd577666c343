/**
 * Log in, read a resident's card.
 *
 *     node read.ts PURPOSE CASE ITEM…          node read.ts identity_check R8-0042 name address
 */

import { CarddError, connect } from "./cardd.ts";
import type { Item } from "./cardd.ts";
import { terminalAgent } from "./ask.ts";

const [purpose = "identity_check", case_ = "R8-0042", ...items] = process.argv.slice(2);

try {
  await using counter = await connect({ client: "read.ts", version: "1", agent: terminalAgent("connection") });
  const session = await counter.call("session.status");
  if (!session.logged_in) await counter.call("session.login");
  const { cards } = await counter.call("cards.list");
  const resident = cards.find(({ kind }) => kind === "my_number" || kind === "juki");
  if (resident === undefined) throw new Error("no resident's card is in a reader");
  const read = await counter.call(
    "card.read",
    { card: resident.card, purpose, case: case_, items: (items.length > 0 ? items : ["name", "address"]) as Item[] },
    { onProgress: ({ state }) => console.error(state) },
  );
  for (const { item, text, date } of read.items) console.log(`${item}: ${text ?? date?.iso ?? "(no text)"}`);
  console.log(`receipt ${read.receipt.sequence}:${read.receipt.record_hash}`);
} catch (error) {
  if (!(error instanceof CarddError)) throw error;
  console.error(`${error.name}: ${error.message} ${error.remedy}`);
  if (error.pin?.outcome === "spent") console.error(`tries left: ${error.pin.tries_left}`);
  process.exitCode = 1;
}
