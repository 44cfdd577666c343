/**
 * Sign a file with the resident's card: a detached CMS signature (CAdES-B-B), beside the file as FILE.p7s.
 *
 *     node sign.ts PURPOSE CASE FILE           openssl cms -verify -in FILE.p7s -inform DER -content FILE …
 *
 * The document stays here; its digest goes to the card. The person is shown name, size and digest, and says yes, before the PIN.
 */

import { createHash, randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { CarddError, connect } from "./cardd.ts";
import { terminalAgent } from "./ask.ts";

const [purpose, case_, file] = process.argv.slice(2);
if (purpose === undefined || case_ === undefined || file === undefined) throw new Error("usage: node sign.ts PURPOSE CASE FILE");
const content = await readFile(file);
const digest = createHash("sha256").update(content).digest();

try {
  await using counter = await connect({ client: "sign.ts", version: "1", agent: terminalAgent("connection") });
  const { cards } = await counter.call("cards.list");
  const resident = cards.find(({ kind }) => kind === "my_number");
  if (resident === undefined) throw new Error("no My Number card is in a reader");
  const signed = await counter.call("sign.digest", {
    card: resident.card, purpose, case: case_, key: "signature", hash: "sha256", signature_format: "cades_b",
    digests_base64: [digest.toString("base64")],
    document: { name: basename(file), size: content.length, sha256: digest.toString("hex") },
    idempotency_key: randomUUID(), // the same key again, after a lost connection, gives the same answer and no second signature
  });
  await writeFile(`${file}.p7s`, Buffer.from(signed.signatures_base64[0]!, "base64"), { flag: "wx" });
  console.log(`${file}.p7s, receipt ${signed.receipt.sequence}:${signed.receipt.record_hash}`);
} catch (error) {
  if (!(error instanceof CarddError)) throw error;
  console.error(`${error.name}: ${error.message} ${error.remedy}`);
  process.exitCode = 1;
}
