// Made by `python -m cardd.wire.typescript` from cardd/wire/schema.json; a test compares. Change the schema's models instead.
// The API's words as types: parameters, results, events, error names. No code of the socket: that is cardd.ts.

/** The API level spoken here. */
export const LEVEL = 1;

/** One insertion of one card; stale for ever once the card is out. */
export type CardHandle = string & { readonly __is: "CardHandle" };

/** `text`, known to be one. Throws TypeError for anything else. */
export function cardHandle(text: unknown): CardHandle {
  if (typeof text === "string" && /^c-[0-9a-f]{4}-[0-9]{1,10}$/.test(text)) return text as CardHandle;
  throw new TypeError("no CardHandle");
}

/** What waits for a second person, or has been approved. */
export type ApprovalId = string & { readonly __is: "ApprovalId" };

/** `text`, known to be one. Throws TypeError for anything else. */
export function approvalId(text: unknown): ApprovalId {
  if (typeof text === "string" && /^a-[0-9a-f]{16}$/.test(text)) return text as ApprovalId;
  throw new TypeError("no ApprovalId");
}

/** A badge that is kept for several signatures. */
export type GrantId = string & { readonly __is: "GrantId" };

/** `text`, known to be one. Throws TypeError for anything else. */
export function grantId(text: unknown): GrantId {
  if (typeof text === "string" && /^g-[0-9a-f]{16}$/.test(text)) return text as GrantId;
  throw new TypeError("no GrantId");
}

/** A signature that was begun, for one `sign.finish`. */
export type BegunId = string & { readonly __is: "BegunId" };

/** `text`, known to be one. Throws TypeError for anything else. */
export function begunId(text: unknown): BegunId {
  if (typeof text === "string" && /^b-[0-9a-f]{16}$/.test(text)) return text as BegunId;
  throw new TypeError("no BegunId");
}

export type CardKind = "my_number" | "juki" | "badge" | "unsupported" | "unknown";

export type PinKind = "signature" | "authentication" | "card_info" | "resident_register" | "verification_a" | "verification_b" | "badge" | "operator_ca";

export type KeyRole = "authentication" | "signature" | "key_management" | "card_authentication";

export type Item = "name" | "address" | "birth_date" | "sex" | "my_number" | "photo" | "name_image" | "address_image" | "card_expiry" | "age_over";

export type Actor = "clerk" | "resident" | "supervisor" | "it" | "program";

export interface AlarmRow {
  /** Whom it is about: `operator`, `approver`, `seat`, `client`, `card`, `badge`, `reader`, `purpose`, `problem`. */
  readonly about: Readonly<Record<string, string>>;
  /** Number of its record. */
  readonly alarm: number;
  readonly at: string;
  readonly count: number | null;
  /** Until when somebody must have looked at it. */
  readonly due_at: string;
  /** Numbers of the records that it rests on, at most 100. */
  readonly evidence: ReadonlyArray<number>;
  readonly log_id: string;
  readonly overdue: boolean;
  readonly review: ReviewRow | null;
  readonly watch: string;
}

export interface Answer {
  readonly reason: string;
  readonly state: "good" | "bad" | "unknown" | "not_checked";
}

/** Each question has its own answer; none becomes good by silence. */
export interface Answers {
  readonly algorithm: Answer;
  readonly chain: Answer;
  readonly conformity: Answer;
  readonly form: Answer;
  readonly revocation: Answer;
  readonly time: Answer;
}

export interface ApprovalRow {
  readonly approval: ApprovalId;
  readonly approver?: string | null;
  readonly asked_at: string;
  /** What is approved, word by word: this is what the second person must be shown. */
  readonly content: Readonly<Record<string, string>>;
  /** SHA-256 of the RFC 8785 form of `content`: repeated in `approval.give`, so that what was shown is what is approved. */
  readonly content_hash: string;
  readonly expires_at: string;
  readonly operation: string;
  /** Operator id. */
  readonly requester: string;
  readonly seat: string;
  readonly state: "asked" | "given";
}

/** Who issued the certificate. */
export interface Authority {
  /** SHA-256 of its certificate, lower-case hex. */
  readonly fingerprint: string;
  /** RFC 4514. */
  readonly name: string;
}

export interface BadgeRow {
  readonly days_left: number | null;
  /** When the badge's certificate ends, where this terminal knows it. */
  readonly expires_at: string | null;
  readonly guid: string | null;
  readonly management_key: "own" | "factory" | null;
  readonly name: string;
  readonly operator: string;
  readonly role: string;
  /** None: the policy does not know the role. */
  readonly role_en: string | null;
  readonly role_ja: string | null;
  /** `here`: enrolled at this terminal and not in the signed register yet. */
  readonly source: "register" | "here";
  /** `ended`: the last day of the role has passed; `incomplete`: its enrolment was broken off. */
  readonly status: "active" | "blocked" | "ended" | "incomplete";
}

/** Parameters of the notification `agent.cancel`: the prompt is no longer wanted; `reason` is an error name. */
export interface CancelNotice {
  readonly prompt: string;
  readonly reason: string;
}

export interface CardRow {
  readonly card: CardHandle;
  /** `unknown` while it is being identified. */
  readonly kind: CardKind;
  readonly reader: string;
  readonly use: "idle" | "busy" | "stuck" | "wrong_reader";
}

/**
 * Parameters of the notification `events.changed`.
 *
 * Numbers are consecutive. Where a subscriber leaves topics out, or a change belongs to another user, `after` is the
 * number of the change before this one that it was sent: equal to the last number it saw, or something was missed.
 */
export interface Changed {
  readonly after: number;
  /** One word: `inserted`, `removed`, `identified`, `started`, `ended`… */
  readonly change: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly number: number;
  readonly topic: "reader" | "card" | "session" | "pin" | "queue" | "approval" | "lockdown" | "alarm" | "health";
}

export interface Check {
  readonly name: string;
  /** One word; the sentence stands in the documentation. */
  readonly problem?: string | null;
  readonly state: "good" | "warning" | "bad";
}

/** Parameters of the notification `server.closing`. */
export interface Closing {
  readonly message: string;
  /** Of the table of errors, e.g. `client.unknown`, `request.too_many`, `request.bad`. */
  readonly name: string;
  readonly problem?: string | null;
  readonly remedy: string;
}

/**
 * Result of `agent.confirm`. About a document it repeats `question` and `sha256`, else it is a no: a program that knows nothing
 * of documents may have asked its person about a last try.
 */
export interface ConfirmAnswer {
  readonly agreed: boolean;
  readonly question?: "document" | null;
  /** `^[0-9a-f]{64}$`. */
  readonly sha256?: string | null;
}

/**
 * Parameters of `agent.confirm`: the person must agree at the window, to spend the last try or to sign this document.
 *
 * Whoever does not know a `question` answers with an error: that is a no. So is a yes that does not say what it is to (`ConfirmAnswer`).
 */
export interface ConfirmRequest {
  readonly card_kind: CardKind;
  readonly case?: string | null;
  /** The calling program, as the office's configuration names it. */
  readonly client?: string | null;
  /** With the question `document`: what is to be signed. */
  readonly document?: DocumentShown | null;
  readonly key?: KeyRole | null;
  readonly locale: "ja" | "en";
  /** The web page for which the calling program asks, where it relays one: to be shown beside `client`. */
  readonly origin?: string | null;
  readonly prompt: string;
  readonly purpose?: string | null;
  readonly question: "last_try" | "document";
  readonly reader: string;
  readonly seconds: number;
  /** The PIN whose last try it is. */
  readonly which?: PinKind | null;
}

/** The record `log.cut` behind which the older records of a log went; two people agreed to it. */
export interface CutLine {
  readonly at: string;
  readonly sequence: number;
}

export interface DateField {
  readonly iso: string | null;
  readonly source: string;
  readonly unknown: ReadonlyArray<string>;
}

/** What a person is shown of a document before signing it. Only its `sha256` is recorded. */
export interface Document {
  /** 1 to 120 characters. */
  readonly name: string;
  /** Where it has pages. 1 to 1000000. */
  readonly pages?: number | null;
  /** Of the document as the person knows it, lower-case hex. `^[0-9a-f]{64}$`. */
  readonly sha256: string;
  /** Bytes. 0 to 9007199254740991. */
  readonly size: number;
}

/** What is to be signed, to be shown. Never to be kept or logged: the name may be a person's. */
export interface DocumentShown {
  readonly name: string;
  readonly pages: number | null;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** Member `data` of an error answer. Absent = not known or without meaning here; never anything read from a card. */
export interface ErrorData {
  readonly actor: Actor;
  /** With `approval.required`: what the second person approves. */
  readonly approval?: ApprovalId | null;
  /** What became of the card. */
  readonly card?: "untouched" | "cleared" | "removed" | "held" | "unknown" | null;
  readonly command?: string | null;
  readonly doc: string;
  readonly exit_code: number;
  readonly field?: string | null;
  readonly holder?: string | null;
  /** With `internal`: number of the entry in the daemon's log. */
  readonly incident?: string | null;
  readonly level_max?: number | null;
  readonly level_min?: number | null;
  readonly limit?: number | null;
  readonly name: string;
  /** PC/SC return code, eight hex digits. */
  readonly pcsc_code?: string | null;
  /** With `audit.indexing`: how much of the record is read, 0 to 99. */
  readonly percent?: number | null;
  readonly pin?: PinFate | null;
  readonly place?: number | null;
  readonly problem?: string | null;
  readonly reader?: string | null;
  /** Signatures that a grant still allows. */
  readonly remaining?: number | null;
  readonly remedy: string;
  /** Stands in log and record as well. */
  readonly request_id?: string | null;
  readonly retry_after_s?: number | null;
  readonly retryable: boolean;
  readonly rule?: string | null;
  /** Status word, four hex digits. */
  readonly sw?: string | null;
  readonly tries_left?: number | null;
  readonly which?: PinKind | null;
}

export interface ErrorRow {
  readonly actor: Actor;
  readonly doc: string;
  readonly exit_code: number;
  readonly message: TwoLanguages;
  readonly name: string;
  readonly number: number;
  readonly remedy: TwoLanguages;
  readonly retryable: boolean;
}

export interface FileRow {
  /** Sentences for the administrator: for a broken file line, column and key of each mistake; for one in force what to mind. Left out: `[]`. */
  readonly details?: ReadonlyArray<string>;
  readonly kind: "policy" | "register" | "block_list";
  readonly outcome: "in_force" | "refused" | "unchanged";
  /**
   * One word. Of the file: `unreadable`, `too_large`, `wrong_owner`, `wrong_mode`, `broken`, `rolled_back`, `same_version`,
   * `version_too_high`, `role_missing`, `issued_in_future`. Of its signatures: `unsigned`, `one_signer`, `same_person`,
   * `not_administrator`, `badge_blocked`, `bad_signature`, `signed_in_future`, `unknown_issuer`, `issuer_not_valid`, `expired`,
   * `not_yet_valid`, `weak_algorithm`, `wrong_kind`. Of this machine: `operator_ca`, `check_failed`, `not_written`.
   */
  readonly problem?: string | null;
  /** Of the file that was looked at, where it could be read. */
  readonly version: number | null;
}

export interface GrantLeft {
  readonly ends_at: string;
  readonly grant: GrantId;
  readonly remaining: number;
}

/** Parameters of the notification `server.greeting`, the first line on every connection. */
export interface Greeting {
  readonly boot_id: string;
  readonly features: ReadonlyArray<string>;
  readonly level_max: number;
  readonly level_min: number;
  readonly limits: Limits;
  readonly mode: "production" | "test";
  readonly product: string;
  readonly time: string;
  readonly version: string;
}

export interface ItemField {
  readonly date?: DateField | null;
  /** At most 65536 characters. */
  readonly image_base64?: string | null;
  readonly item: Item;
  readonly media_type?: string | null;
  /** At most 65536 characters. */
  readonly source_base64?: string | null;
  readonly text?: string | null;
  readonly yes?: boolean | null;
}

/** From where on a log is kept at this machine. */
export interface KeptLine {
  readonly at: string;
  readonly cut: CutLine | null;
  readonly log_id: string;
  /** Its first record that is kept; more than 1: those before were cut off, and only counts of them are left. */
  readonly sequence: number;
}

export interface KeyRow {
  /** The head `key`, its whole text. */
  readonly head: string;
  /** The day whose key hands over. `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`. */
  readonly period: string;
  /** The whole record `log.key`. At most 1048576 characters. */
  readonly record: string;
}

/**
 * Parameters of the notification `events.lagged`: this consumer reads too slowly, and its subscription has ended.
 *
 * Subscribe again with `since` = `number` to get what was missed, or a snapshot.
 */
export interface Lagged {
  /** Of the last change that was sent. */
  readonly number: number;
}

/** What one connection may do. */
export interface Limits {
  readonly calls_in_flight: number;
  readonly connections_per_user: number;
  readonly line_seconds: number;
  readonly request_line_bytes: number;
  readonly requests_per_second: number;
  readonly response_line_bytes: number;
  readonly secret_bytes: number;
}

/**
 * A row that would allow it, but for what it `lacks`: `role`, `purpose`, `operation`, `item`, `key`, `card`, `client`,
 * `emergency` (it counts under the override only).
 */
export interface Near {
  readonly lacks: ReadonlyArray<string>;
  readonly line: number | null;
  readonly row: string;
}

export interface Operator {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  /** The role in words, as the policy names it. */
  readonly role_en?: string | null;
  readonly role_ja?: string | null;
}

export interface Outcome {
  readonly at: string;
  readonly record: Readonly<Record<string, unknown>>;
  readonly record_hash: string;
  readonly sequence: number;
}

/** One act. Neither the pseudonym of a card nor that of a badge stands in it. */
export interface OwnUse {
  /** The second person. */
  readonly approver: string | null;
  readonly at: string;
  readonly case: string | null;
  /** The program that asked, as the office names it. */
  readonly client: string | null;
  /** Name of the error, for what was refused or failed. */
  readonly code: string | null;
  readonly event: string;
  /** Names of what was asked for. */
  readonly items: ReadonlyArray<string>;
  readonly key: string | null;
  readonly operation: string | null;
  readonly problem: string | null;
  readonly purpose: string | null;
  /** Of this act: its outcome where it has one. */
  readonly receipt: Receipt;
  /** `done`, `refused`, `failed`, `unknown`; `open`: not ended yet; `noted`: a state, nothing was done with a card. */
  readonly result: string;
  readonly seat: string | null;
  readonly terminal: string | null;
}

/** Result of `agent.pin`: the PIN follows the line as exactly `secret` raw bytes. `cancelled` stands alone, without bytes. */
export interface PinAnswer {
  readonly cancelled?: boolean | null;
  /** 1 to 64. */
  readonly secret?: number | null;
}

/** What became of a PIN's retry counter. */
export interface PinFate {
  readonly outcome: "untouched" | "accepted" | "spent" | "may_be_spent";
  readonly tries_left?: number | null;
}

/** Parameters of `agent.pin`, from the daemon to the agent. The answer is `{"secret": N}` and N raw bytes. */
export interface PinRequest {
  /** What the person agrees to by typing, for a second person's approval: word and value, to be shown. */
  readonly about?: Readonly<Record<string, string>>;
  readonly card_kind: CardKind;
  readonly case: string | null;
  /** The calling program, as the office's configuration names it. */
  readonly client: string;
  /** What is signed with this PIN, where the caller said so. */
  readonly document?: DocumentShown | null;
  readonly locale: "ja" | "en";
  readonly operation: string;
  /** The web page for which the calling program asks, where it relays one: to be shown beside `client`. */
  readonly origin?: string | null;
  /** Identifier of this prompt, for `agent.cancel`. */
  readonly prompt: string;
  readonly purpose: string | null;
  readonly reader: string;
  readonly seconds: number;
  readonly shape: Shape;
  readonly step: "enter" | "new" | "repeat";
  readonly tries_left: number | null;
  readonly which: PinKind;
}

export interface PinState {
  readonly state: "ready" | "last_try" | "blocked" | "unknown" | "absent";
  /** Of a fresh counter; None where the card counts nothing. */
  readonly tries_fresh: number | null;
  readonly tries_left: number | null;
  readonly which: PinKind;
}

export interface PolicyRow {
  readonly cards: ReadonlyArray<string>;
  readonly clients: ReadonlyArray<string>;
  readonly emergency_only: boolean;
  readonly id: string;
  readonly items: ReadonlyArray<string>;
  readonly keys: ReadonlyArray<string>;
  readonly line: number | null;
  readonly operations: ReadonlyArray<string>;
  readonly purposes: ReadonlyArray<string>;
  readonly roles: ReadonlyArray<string>;
  readonly second_person: boolean;
}

/** Parameters of the notification `request.progress`. */
export interface Progress {
  readonly holder?: string | null;
  readonly id: number | string;
  readonly percent?: number | null;
  readonly place?: number | null;
  readonly state: "queued" | "waiting_for_consent" | "waiting_for_pin" | "waiting_for_pad" | "reading" | "signing" | "badge_preparing" | "badge_keys" | "badge_writing" | "badge_proving";
}

export interface PurposeRow {
  /** What holds where nobody can tell whether a certificate was revoked. */
  readonly certificate_status: "require" | "allow_not_checked";
  readonly code: string;
  readonly emergency: boolean;
  readonly en: string;
  readonly high_risk: boolean;
  readonly ja: string;
  readonly legal_basis: string;
  readonly number_law: boolean;
  readonly resident_code: boolean;
}

export interface QueueRow {
  readonly client: string;
  readonly operation: string;
  /** 0 = running, 1 = next. */
  readonly place: number;
  /** Seconds it has been running or waiting. */
  readonly since_s: number;
}

export interface ReaderLoad {
  readonly reader: string;
  readonly rows: ReadonlyArray<QueueRow>;
  readonly state: "free" | "busy" | "stuck";
}

export interface ReaderRow {
  readonly card: CardHandle | null;
  /** Cleaned for display: no control characters. */
  readonly name: string;
  readonly pin_pad: boolean;
  readonly role: "badge" | "resident" | "any" | "ignored";
  /** The seat whose reader it is; None where the configuration has no seats, or gives it to none. */
  readonly seat?: string | null;
  readonly serial: string | null;
  readonly state: "empty" | "card" | "stuck";
  readonly usb_path: string | null;
  readonly virtual: boolean;
}

/** Where this use stands in the record: the outcome record's log, sequence number and SHA-256. */
export interface Receipt {
  readonly log_id: string;
  readonly record_hash: string;
  readonly sequence: number;
}

export interface ReviewRow {
  readonly at: string;
  readonly operator: string | null;
  readonly reason: string | null;
  readonly sequence: number;
  readonly verdict: string;
}

export interface RoleRow {
  readonly approves: ReadonlyArray<string>;
  readonly code: string;
  readonly en: string;
  readonly ja: string;
  readonly may_spend_last_try: boolean;
  readonly rights: ReadonlyArray<string>;
}

export interface SessionState {
  /** Left out: `false`. */
  readonly locked?: boolean;
  readonly logged_in: boolean;
  readonly seat: string;
}

export interface Shape {
  /** `printable`: any character of ASCII from space to tilde. */
  readonly alphabet: "digits" | "upper_alnum" | "printable";
  readonly longest: number;
  readonly needs_letter_and_digit: boolean;
  readonly shortest: number;
}

export interface ShareRow {
  readonly alarms: number;
  readonly explained: number;
  readonly misuse: number;
  readonly month: string;
  readonly open: number;
  readonly unexplained: number;
  readonly watch: string;
}

export interface TwoLanguages {
  readonly en: string;
  readonly ja: string;
}

export interface UseLine {
  /** The second person. */
  readonly approver: string | null;
  readonly at: string;
  /** The program that asked, as the office names it. */
  readonly client: string | null;
  /** Name of the error, for what was refused or failed. */
  readonly code: string | null;
  readonly event: string;
  /** Names of what was asked for. */
  readonly items: ReadonlyArray<string>;
  /** Names of what was read and handed out. */
  readonly items_given: ReadonlyArray<string>;
  readonly key: string | null;
  /** As the policy in force says today; None where it does not know the purpose any more. */
  readonly legal_basis: string | null;
  readonly log_id: string;
  readonly operation: string | null;
  readonly operator: string | null;
  readonly problem: string | null;
  readonly purpose: string | null;
  readonly purpose_en: string | null;
  readonly purpose_ja: string | null;
  /** `done`, `refused`, `failed`, `unknown`; `open`: not ended yet; `noted`: a state, nothing was done with the card. */
  readonly result: string;
  readonly role: string | null;
  readonly role_en: string | null;
  readonly role_ja: string | null;
  readonly seat: string | null;
  readonly sequence: number;
  readonly terminal: string | null;
}

/** An intent with its result, or a state. `record`: the fields as they stand in the log (docs/audit-log.md). */
export interface UseRow {
  readonly at: string;
  readonly log_id: string;
  /** None: a state, or an intent without a result yet. */
  readonly outcome: Outcome | null;
  readonly record: Readonly<Record<string, unknown>>;
  readonly record_hash: string;
  readonly sequence: number;
}

export interface AgentRegisterParams {
  readonly scope: "seat" | "connection";
}

export interface AgentRegisterResult {
  readonly registered: boolean;
}

export interface ApprovalGiveParams {
  readonly approval: ApprovalId;
  /** The approver's badge, where more than one is there. */
  readonly badge?: CardHandle | null;
  /** `^[0-9a-f]{64}$`. */
  readonly content_hash: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
}

export interface ApprovalGiveResult {
  readonly approval: ApprovalId;
  readonly approver: string;
  /** Until when it can be used, once. */
  readonly expires_at: string;
  readonly receipt: Receipt;
}

export interface ApprovalListResult {
  readonly approvals: ReadonlyArray<ApprovalRow>;
}

export interface ApprovalRefuseParams {
  readonly approval: ApprovalId;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
}

export interface ApprovalRefuseResult {
  readonly approval: ApprovalId;
  readonly receipt: Receipt;
}

export interface AuditAlarmsParams {
  /** From the answer before, with the same `state` and `watch`. `^[0-9a-f]{32}:[0-9]{0,16}$`. */
  readonly cursor?: string | null;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** 1 to 200. Left out: `50`. */
  readonly limit?: number;
  /** Also count, for each rule and month, how many alarms had an explanation. Left out: `false`. */
  readonly shares?: boolean;
  /** Left out: `"open"`. */
  readonly state?: "open" | "reviewed" | "all";
  /** `^w([1-9]|1[0-8])$`. */
  readonly watch?: string | null;
}

export interface AuditAlarmsResult {
  /** May be fewer than `limit`, and still have a next page. */
  readonly alarms: ReadonlyArray<AlarmRow>;
  /** For the next page; None = that was all. */
  readonly cursor: string | null;
  readonly receipt: Receipt;
  readonly shares: ReadonlyArray<ShareRow>;
}

export interface AuditCutParams {
  /** What a second person has agreed to. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  /** Whole segments all of whose records are older than this day go. `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`. */
  readonly before: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** Say what would go; nothing does, and no second person is asked. Left out: `false`. */
  readonly preview?: boolean;
}

export interface AuditCutResult {
  readonly cut: boolean;
  readonly first_at: string;
  readonly first_sequence: number;
  readonly last_at: string;
  /** SHA-256 of the last record that goes. */
  readonly last_hash: string;
  readonly last_sequence: number;
  readonly receipt: Receipt;
  readonly records: number;
  readonly segments: number;
  /** Bytes on the disk. */
  readonly size: number;
}

export interface AuditDiscloseParams {
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /**
   * From the answer before: the rest of the same disclosure, in the same session, with the same card, purpose and case. It needs no
   * other approval, and holds 5 minutes from the first answer on. `^d-[0-9a-f]{16}$`.
   */
  readonly goes_on?: string | null;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
  /** Only what was before. */
  readonly until?: string | null;
}

export interface AuditDiscloseResult {
  /** False: there is more before the last one, which `goes_on` brings. */
  readonly complete: boolean;
  readonly goes_on: string | null;
  /** The log that is written first, then those before it. */
  readonly kept: ReadonlyArray<KeptLine>;
  readonly kind: CardKind;
  /**
   * From when on the certificate holds by which the record knows this card. Uses under an earlier certificate of the card stand under
   * another pseudonym and are not here; None: nobody can say from when on it is known.
   */
  readonly known_since: string | null;
  readonly receipt: Receipt;
  /** Newest first. */
  readonly uses: ReadonlyArray<UseLine>;
  /** How far back it looks, this year not counted. */
  readonly years: number;
}

export interface AuditExportParams {
  readonly approval?: ApprovalId | null;
  /** `^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`. */
  readonly approver?: string | null;
  /** `^[0-9a-f]{32}$`. */
  readonly badge?: string | null;
  /** `^[0-9a-f]{32}$`. */
  readonly card?: string | null;
  /** 1 to 64 characters. */
  readonly case?: string | null;
  /** At most 64 characters. `^[A-Za-z0-9][A-Za-z0-9_.:@-]*$`. */
  readonly client?: string | null;
  /** Name of an error. At most 64 characters. `^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`. */
  readonly code?: string | null;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** At most 64 characters. `^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`. */
  readonly event?: string | null;
  /** Left out: `"jsonl"`. */
  readonly form?: "jsonl" | "csv";
  /** The use to which the record of this number belongs, as intent or result. 1 to 9007199254740992. */
  readonly number?: number | null;
  /** `^[a-z][a-z_]{0,31}$`. */
  readonly operation?: string | null;
  /** `^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`. */
  readonly operator?: string | null;
  /** A card is named by its pseudonyms here: `audit.query` tells them. */
  readonly present?: null;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose?: string | null;
  readonly reason: "audit" | "inspection" | "investigation" | "court" | "archive";
  /** `refused` has what was refused before any card was touched, too; `open`: begun, and without a result yet. */
  readonly result?: "done" | "refused" | "failed" | "unknown" | "open" | null;
  /** `^[a-z0-9][a-z0-9_-]{0,31}$`. */
  readonly seat?: string | null;
  readonly since?: string | null;
  /** The operator that it is about, where that is not the one who did it. At most 64 characters. `^[A-Za-z0-9][A-Za-z0-9_.:@-]*$`. */
  readonly subject?: string | null;
  /** At most 64 characters. `^[A-Za-z0-9][A-Za-z0-9_.:@-]*$`. */
  readonly terminal?: string | null;
  /** Not included. */
  readonly until?: string | null;
}

export interface AuditExportResult {
  /** SHA-256 of the file. `^[0-9a-f]{64}$`. */
  readonly digest: string;
  /** For `audit.export_part`, by the same session, within 15 minutes. `^x-[0-9a-f]{16}$`. */
  readonly export: string;
  readonly form: "jsonl" | "csv";
  readonly lines: number;
  /** The signed head of the file, its whole text. */
  readonly note: string;
  /** A part has at most so many. */
  readonly part_bytes: number;
  readonly receipt: Receipt;
  /** Over the lines. `^[0-9a-f]{64}$`. */
  readonly root: string;
  /** Bytes of the file. */
  readonly size: number;
}

export interface AuditExportHeadParams {
  readonly badge?: CardHandle | null;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
}

export interface AuditExportHeadResult {
  /** The whole note, as c2sp.org/tlog-checkpoint has it; some 400 characters, to be kept byte for byte. */
  readonly head: string;
  /** Whose badge it was. */
  readonly operator: string;
  readonly receipt: Receipt;
  readonly signed_at: string;
  /** How many records it covers. */
  readonly size: number;
}

export interface AuditExportPartParams {
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** `^x-[0-9a-f]{16}$`. */
  readonly export: string;
  /** 0 to 9007199254740991. */
  readonly offset: number;
}

export interface AuditExportPartResult {
  readonly last: boolean;
  /** At most 1048576 characters. */
  readonly octets: string;
}

export interface AuditHeadParams {
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** Give the hand-overs of keys behind this day; None: from the first. `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`. */
  readonly keys_after?: string | null;
  /** A closed log that this one goes on from: its hand-overs alone. `^[0-9a-f]{32}$`. */
  readonly log_id?: string | null;
}

export interface AuditHeadResult {
  readonly at: string | null;
  /** As it stands beside the log: whoever checks takes it from elsewhere. */
  readonly first_key: string | null;
  /** The whole text of the newest head. */
  readonly head: string | null;
  readonly keys: ReadonlyArray<KeyRow>;
  readonly log_id: string;
  /** Ask again with `keys_after` = the last `period`. */
  readonly more_keys: boolean;
  readonly receipt: Receipt;
  readonly size: number | null;
}

export interface AuditOwnDayParams {
  /** From the answer before. `^[0-9a-f]{32}:[0-9]{0,16}$`. */
  readonly cursor?: string | null;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** 1 to 200. Left out: `50`. */
  readonly limit?: number;
}

export interface AuditOwnDayResult {
  /** For the next page; None = that was all. */
  readonly cursor: string | null;
  /** `2026-11-23`, in Japan. */
  readonly day: string;
  /** Of this question. */
  readonly receipt: Receipt;
  /** Newest first; fewer than `limit` where the records are long. */
  readonly uses: ReadonlyArray<OwnUse>;
}

export interface AuditProofParams {
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** Of the receipt, where the record stands in a closed log. `^[0-9a-f]{32}$`. */
  readonly log_id?: string | null;
  /** SHA-256 of the record as the receipt says it; another one there is `audit.unknown`. `^[0-9a-f]{64}$`. */
  readonly record_hash?: string | null;
  /** 1 to 9007199254740991. */
  readonly sequence: number;
}

export interface AuditProofResult {
  readonly head: string;
  /** Hashes in hex, nearest first. */
  readonly inclusion: ReadonlyArray<string>;
  readonly index: number;
  readonly leaf: string;
  readonly log_id: string;
  /** Of this question. */
  readonly receipt: Receipt;
  /** At most 1048576 characters. */
  readonly record: string;
  readonly record_hash: string;
  readonly sequence: number;
}

export interface AuditQueryParams {
  /** `^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`. */
  readonly approver?: string | null;
  /** `^[0-9a-f]{32}$`. */
  readonly badge?: string | null;
  /** `^[0-9a-f]{32}$`. */
  readonly card?: string | null;
  /** 1 to 64 characters. */
  readonly case?: string | null;
  /** At most 64 characters. `^[A-Za-z0-9][A-Za-z0-9_.:@-]*$`. */
  readonly client?: string | null;
  /** Name of an error. At most 64 characters. `^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`. */
  readonly code?: string | null;
  /** From the answer before, with the same filters. `^[0-9a-f]{32}:[0-9]{0,16}$`. */
  readonly cursor?: string | null;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** At most 64 characters. `^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`. */
  readonly event?: string | null;
  /** 1 to 200. Left out: `50`. */
  readonly limit?: number;
  /** The use to which the record of this number belongs, as intent or result. 1 to 9007199254740992. */
  readonly number?: number | null;
  /** `^[a-z][a-z_]{0,31}$`. */
  readonly operation?: string | null;
  /** `^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`. */
  readonly operator?: string | null;
  /** Left out: `"newest"`. */
  readonly order?: "newest" | "oldest";
  /** The card in this reader is meant, in all years that are kept; instead of `card`. */
  readonly present?: CardHandle | null;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose?: string | null;
  /** `refused` has what was refused before any card was touched, too; `open`: begun, and without a result yet. */
  readonly result?: "done" | "refused" | "failed" | "unknown" | "open" | null;
  /** `^[a-z0-9][a-z0-9_-]{0,31}$`. */
  readonly seat?: string | null;
  readonly since?: string | null;
  /** The operator that it is about, where that is not the one who did it. At most 64 characters. `^[A-Za-z0-9][A-Za-z0-9_.:@-]*$`. */
  readonly subject?: string | null;
  /** At most 64 characters. `^[A-Za-z0-9][A-Za-z0-9_.:@-]*$`. */
  readonly terminal?: string | null;
  /** Not included. */
  readonly until?: string | null;
}

export interface AuditQueryResult {
  /** For the next page; None = that was all. */
  readonly cursor: string | null;
  /** On the first page; the log that is written first, then those before it. What was before is in no answer. */
  readonly kept: ReadonlyArray<KeptLine>;
  /** With `present`, where its certificate was read in this insertion: from when on it holds (see `audit.disclose`). */
  readonly known_since: string | null;
  readonly receipt: Receipt;
  /** Fewer than `limit` where the records are long. */
  readonly uses: ReadonlyArray<UseRow>;
}

export interface AuditReviewParams {
  /** Number of the alarm's record. 1 to 9007199254740991. */
  readonly alarm: number;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  readonly reason: "work" | "resident_asked" | "mistake" | "training" | "maintenance" | "equipment" | "agreed_hours" | "not_known" | "under_inquiry" | "curiosity" | "private_use" | "badge_lent" | "other";
  readonly verdict: "explained" | "unexplained" | "misuse";
}

export interface AuditReviewResult {
  readonly receipt: Receipt;
}

export interface AuditWatchListParams {
  /** Left out: `"add"`. */
  readonly act?: "add" | "remove";
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** `staff`: employees, their families and households. `protected`: people under support measures or in the public eye. */
  readonly list: "staff" | "protected";
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
}

export interface AuditWatchListResult {
  /** False: the card stood there already, or did not. */
  readonly changed: boolean;
  /**
   * When the certificate ends by which the list knows the card. With another certificate, which may come earlier, the card is another one
   * and must be put on the list again; None: nobody can say.
   */
  readonly known_until: string | null;
  readonly receipt: Receipt;
}

export interface BadgeBlockParams {
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** `^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`. */
  readonly operator: string;
  readonly reason: "lost" | "stolen" | "left" | "misuse" | "replaced" | "other";
}

export interface BadgeBlockResult {
  readonly operator: string;
  readonly receipt: Receipt;
  readonly sessions_ended: number;
}

export interface BadgeEnrolParams {
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** 1 to 64 characters. */
  readonly name: string;
  /** `^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`. */
  readonly operator: string;
  /** Who it is, where this person has another entry already (a day badge). `^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`. */
  readonly person?: string | null;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly role: string;
  /** `^[a-z_][a-z0-9_-]{0,31}$`. */
  readonly unix_user?: string | null;
}

export interface BadgeEnrolResult {
  /** Fingerprints of the new certificates by key: `authentication`, `signature`. */
  readonly certificates: Readonly<Record<string, string>>;
  readonly expires_at: string;
  readonly guid: string;
  /** `own` (derived from the master key), or `factory`: the badge has no command to change it. */
  readonly management_key: string;
  readonly operator: string;
  readonly receipt: Receipt;
  /** Whether an earlier, broken-off enrolment of this badge was finished. */
  readonly resumed: boolean;
}

export interface BadgeListParams {
  readonly cursor?: string | null;
  /** 1 to 500. Left out: `200`. */
  readonly limit?: number;
}

export interface BadgeListResult {
  readonly badges: ReadonlyArray<BadgeRow>;
  /** For the next page; None = that was all. */
  readonly cursor: string | null;
  readonly receipt: Receipt;
}

export interface BadgeRenewParams {
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** `^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`. */
  readonly operator: string;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
}

export interface BadgeUnblockPinParams {
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** `^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`. */
  readonly operator: string;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
}

export interface BadgeUnblockPinResult {
  readonly operator: string;
  readonly receipt: Receipt;
}

export interface CardCertificateParams {
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  readonly key: KeyRole;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
}

export interface CardCertificateResult {
  /** At most 65536 characters. */
  readonly certificate_base64: string;
  /** `^[0-9a-f]{64}$`. */
  readonly fingerprint: string;
  readonly key: KeyRole;
  readonly receipt: Receipt;
}

export interface CardChangePinParams {
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
  readonly which: "signature" | "authentication" | "card_info" | "resident_register" | "badge";
}

export interface CardChangePinResult {
  readonly changed: boolean;
  readonly receipt: Receipt;
}

export interface CardPinStatusParams {
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** None: all PINs of this kind of card that a person knows. 1 to 7 entries. */
  readonly pins?: ReadonlyArray<PinKind> | null;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
}

export interface CardPinStatusResult {
  readonly pins: ReadonlyArray<PinState>;
  readonly receipt: Receipt;
}

export interface CardReadParams {
  /** For `age_over`: the age in question, reached on the day of the request in Asia/Tokyo. 1 to 150. */
  readonly age?: number | null;
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** 1 to 10 entries. */
  readonly items: ReadonlyArray<Item>;
  /** Which PIN to open the items with, where the card gives a choice. */
  readonly pin?: "card_info" | "verification_a" | "verification_b" | null;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
  /** Give the exact bytes on the card as well. Left out: `false`. */
  readonly with_source?: boolean;
}

export interface CardReadResult {
  readonly items: ReadonlyArray<ItemField>;
  readonly kind: CardKind;
  readonly pins_used: ReadonlyArray<PinKind>;
  readonly receipt: Receipt;
}

export interface CardTokenInfoParams {
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
}

export interface CardTokenInfoResult {
  readonly has_authentication_certificate: boolean | null;
  readonly has_signature_certificate: boolean | null;
  readonly kind: CardKind;
  readonly label: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly receipt: Receipt;
}

export interface CardsListResult {
  readonly cards: ReadonlyArray<CardRow>;
}

export interface CaseCloseParams {
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
}

export interface CaseCloseResult {
  readonly receipt: Receipt;
}

export interface CertificateCheckParams {
  readonly approval?: ApprovalId | null;
  /** The moment that is asked for; left out, now. Never later than now. */
  readonly at?: string | null;
  /** 1 to 64 characters. */
  readonly case: string;
  /** DER, at most 8 KiB. At most 65536 characters. */
  readonly certificate_base64: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** What it is offered as; left out, any kind whose key may sign, under any anchor that this machine has. */
  readonly kind?: "jpki_signature" | "jpki_authentication" | "operator_badge" | "operator_signature" | null;
  /** Further revocation lists, DER, looked at beside those that this machine holds. At most 8 entries. Left out: `[]`. */
  readonly lists_base64?: ReadonlyArray<string>;
  /** Certificates of authorities between it and the anchor, DER; not trusted by themselves. At most 8 entries. Left out: `[]`. */
  readonly others_base64?: ReadonlyArray<string>;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
  /** Further OCSP responses, DER. At most 8 entries. Left out: `[]`. */
  readonly responses_base64?: ReadonlyArray<string>;
}

export interface CertificateCheckResult {
  readonly answers: Answers;
  /** The moment it was judged for. */
  readonly at: string;
  readonly authority: Authority | null;
  /** One more word for whoever looks into it; often empty. */
  readonly detail: string;
  /** Age of the revocation list or OCSP response that answered, in seconds. */
  readonly list_age_s: number | null;
  /** The word that decides, or `good`. */
  readonly reason: string;
  readonly receipt: Receipt;
  readonly result: "good" | "revoked" | "expired" | "not_yet_valid" | "refused" | "unknown" | "not_checked";
  /** Whether the purpose lets it be used: by the policy's `certificate_status`. */
  readonly usable: boolean;
}

export interface EmergencyOverrideParams {
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
  readonly reason: "disaster" | "danger_to_life" | "second_person_absent" | "system_failure" | "court_or_police" | "other";
}

export interface EmergencyOverrideResult {
  readonly receipt: Receipt;
  readonly until: string;
}

export interface ErrorsListResult {
  readonly errors: ReadonlyArray<ErrorRow>;
}

export interface EventsSubscribeParams {
  /** The daemon's boot id the number belongs to; another one is a gap. */
  readonly boot_id?: string | null;
  /** Replay what came after this number; when that is no longer kept, the answer says `gap` and gives a snapshot. */
  readonly since?: number | null;
  /** None: all. */
  readonly topics?: ReadonlyArray<"reader" | "card" | "session" | "pin" | "queue" | "approval" | "lockdown" | "alarm" | "health"> | null;
}

export interface EventsSubscribeResult {
  readonly boot_id: string;
  readonly cards: ReadonlyArray<CardRow>;
  readonly gap: boolean;
  /** Whether the emergency stop is in force. Left out: `false`. */
  readonly lockdown?: boolean;
  /** Number of the newest change that the snapshot contains. A replay repeats the changes after `since` up to it. */
  readonly number: number;
  readonly readers: ReadonlyArray<ReaderRow>;
  readonly sessions: ReadonlyArray<SessionState>;
}

export interface HealthResult {
  readonly boot_id: string;
  readonly checks: ReadonlyArray<Check>;
  readonly mode: string;
  readonly uptime_s: number;
  readonly version: string;
}

export interface HelloParams {
  /** 1 to 64 characters. `^[\x20-\x7e]+$`. */
  readonly client: string;
  /** The browser extension that brought it; goes with `origin`. `^[a-p]{32}$`. */
  readonly extension?: string | null;
  readonly level: number;
  /** Left out: `"en"`. */
  readonly locale?: "ja" | "en";
  /** The web page for which a relaying program asks, as the browser says; only from clients with `relays_origins`. At most 280 characters. */
  readonly origin?: string | null;
  /** Which seat this connection speaks for; may be left out where there is only one. `^[a-z0-9][a-z0-9_-]{0,31}$`. */
  readonly seat?: string | null;
  /** 1 to 64 characters. `^[\x20-\x7e]+$`. */
  readonly version: string;
}

export interface HelloResult {
  /** What the office's configuration calls this caller, by its uid. */
  readonly client: string;
  readonly level: number;
  readonly may_prompt: boolean;
  readonly seat: string;
}

export interface LockdownEngageParams {
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  readonly reason: "intrusion" | "lost_badge" | "misuse" | "malfunction" | "drill" | "other";
}

export interface LockdownEngageResult {
  readonly receipt: Receipt;
  readonly sessions_ended: number;
  readonly since: string;
}

export interface LockdownReleaseParams {
  readonly badge?: CardHandle | null;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
}

export interface LockdownReleaseResult {
  /** Whose badge it was. */
  readonly operator: string;
  readonly receipt: Receipt;
  readonly released: boolean;
  /** Until when another administrator must follow. */
  readonly second_until?: string | null;
}

export interface OfficeReloadParams {
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
}

export interface OfficeReloadResult {
  /** Empty: nothing new was there. */
  readonly files: ReadonlyArray<FileRow>;
  readonly receipt: Receipt;
}

export interface PolicyExplainParams {
  /** Left out: what the operation is usually done with, a resident's My Number card or a badge. */
  readonly card_kind?: "my_number" | "juki" | "badge" | null;
  /** Left out: some reception number is supposed. 1 to 64 characters. */
  readonly case?: string | null;
  /** Left out: the caller's own name in the configuration. */
  readonly client?: string | null;
  /** Left out: `false`. */
  readonly emergency?: boolean;
  /** Left out: `[]`. */
  readonly items?: ReadonlyArray<Item>;
  readonly key?: KeyRole | null;
  /** `^[a-z][a-z_]{0,31}$`. */
  readonly operation: string;
  readonly pin?: PinKind | null;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose?: string | null;
  /** Left out: the role of whoever is logged in at this seat. `^[a-z][a-z0-9_]{0,47}$`. */
  readonly role?: string | null;
}

export interface PolicyExplainResult {
  readonly allowed: boolean;
  /** For what uses a resident's certificate: what holds where nobody can tell whether it was revoked. */
  readonly certificate_status: "require" | "allow_not_checked" | null;
  /** The first item or key that was refused. */
  readonly item: string | null;
  /** Line of the policy file that decided, where one line did. */
  readonly line: number | null;
  readonly near: ReadonlyArray<Near>;
  /** Whether the operator's PIN must have been typed within the last minutes. */
  readonly pin_again: boolean;
  readonly policy_hash: string;
  readonly policy_version: number;
  readonly reason: string | null;
  /** The rule of cardd or the row of the policy that decided. */
  readonly rule: string;
  readonly second_person: boolean;
}

export interface PolicyShowResult {
  readonly hash: string;
  readonly office: string;
  readonly purposes: ReadonlyArray<PurposeRow>;
  readonly roles: ReadonlyArray<RoleRow>;
  readonly rows: ReadonlyArray<PolicyRow>;
  readonly version: number;
}

export interface QueueShowResult {
  readonly readers: ReadonlyArray<ReaderLoad>;
}

export interface ReadersListResult {
  readonly pcsc: "up" | "down";
  readonly readers: ReadonlyArray<ReaderRow>;
}

export interface RequestCancelParams {
  readonly id: number | string;
}

export interface RequestCancelResult {
  /** False: the call had ended, or its card command was already on the way and runs to its end. */
  readonly cancelled: boolean;
}

export interface RpcDiscoverResult {
  readonly document: Readonly<Record<string, unknown>>;
}

export interface SessionActivityResult {
  /** When the session locks if nothing more happens. */
  readonly locks_at: string;
}

export interface SessionLoginParams {
  /** Which badge, where more than one is there. */
  readonly badge?: CardHandle | null;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** The session is to belong to that account, and not to the caller: for clients that `may_log_in_others`. Left out: `false`. */
  readonly hand_over?: boolean;
  /** The badge must be that of this account of the machine, or nobody is asked for a PIN. `^[a-z_][a-z0-9_-]{0,31}$`. */
  readonly unix_user?: string | null;
}

export interface SessionLoginResult {
  readonly badge: CardHandle;
  readonly badge_days_left?: number | null;
  /** When the badge's certificate ends. */
  readonly badge_expires_at?: string | null;
  readonly ends_at: string;
  /** When the session locks if no human does anything. */
  readonly locks_at: string;
  readonly operator: Operator;
  readonly receipt: Receipt;
  readonly seat: string;
  readonly since: string;
}

export interface SessionLogoutResult {
  readonly receipt: Receipt;
}

export interface SessionStatusResult {
  readonly badge?: CardHandle | null;
  readonly badge_days_left?: number | null;
  readonly badge_expires_at?: string | null;
  readonly ends_at?: string | null;
  readonly locked?: boolean | null;
  /** When it locks if no human does anything; None while it is locked. */
  readonly locks_at?: string | null;
  readonly logged_in: boolean;
  readonly operator?: Operator | null;
  readonly seat: string;
  readonly since?: string | null;
}

export interface SignBeginParams {
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** What the person is shown, and asked about, before the PIN. */
  readonly document: Document;
  /** Of the certificate that the person was shown; another one on the card refuses the request. `^[0-9a-f]{64}$`. */
  readonly fingerprint?: string | null;
  /** Of the digest that `sign.finish` will bring. */
  readonly hash: "sha256" | "sha384" | "sha512";
  readonly key: KeyRole;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
}

export interface SignBeginResult {
  readonly begun: BegunId;
  /** DER of the certificate that the key belongs to. At most 65536 characters. */
  readonly certificate_base64: string;
  /** `sign.finish` must have come by then: 10 s after the card was opened. */
  readonly ends_at: string;
  /** `^[0-9a-f]{64}$`. */
  readonly fingerprint: string;
  readonly receipt: Receipt;
}

export interface SignDigestParams {
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** More than one: operators' keys only. 1 to 64 entries. */
  readonly digests_base64: ReadonlyArray<string>;
  /** What the person is shown, and asked about, before the PIN; then there is one digest. Under a grant it is recorded alone. */
  readonly document?: Document | null;
  /** Of the certificate that the person was shown; another one on the card refuses the request. `^[0-9a-f]{64}$`. */
  readonly fingerprint?: string | null;
  /** Sign under this grant: no PIN is asked. */
  readonly grant?: GrantId | null;
  readonly hash: "sha256" | "sha384" | "sha512";
  /** `^[A-Za-z0-9_-]{8,64}$`. */
  readonly idempotency_key?: string | null;
  readonly key: KeyRole;
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
  /**
   * `cades_b`: the digest is the document's; the answer is a detached CMS SignedData (CAdES-B-B, ETSI EN 319 122-1).
   *
   * `pades_b`: the digest is over the PDF's byte ranges; the answer is what goes into /Contents (PAdES-B-B, ETSI EN 319 142-1, 6.3):
   * the same without signing-time, which stands in the PDF.
   */
  readonly signature_format: "pkcs1v15" | "ecdsa_der" | "cades_b" | "pades_b";
}

export interface SignDigestResult {
  /** At most 65536 characters. */
  readonly certificate_base64: string;
  /** `^[0-9a-f]{64}$`. */
  readonly fingerprint: string;
  /** What is left of the grant that was used. */
  readonly grant?: GrantLeft | null;
  readonly receipt: Receipt;
  /** True: this is the stored answer of an earlier call with the same idempotency key. */
  readonly repeated: boolean;
  readonly signatures_base64: ReadonlyArray<string>;
}

export interface SignFinishParams {
  readonly begun: BegunId;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** Over the bytes to be signed, by the hash that `sign.begin` named. At most 65536 characters. */
  readonly digest_base64: string;
  /** `^[A-Za-z0-9_-]{8,64}$`. */
  readonly idempotency_key?: string | null;
  /** As the certificate's key wants it. */
  readonly signature_format: "pkcs1v15" | "ecdsa_der";
}

export interface SignFinishResult {
  /** At most 65536 characters. */
  readonly certificate_base64: string;
  /** `^[0-9a-f]{64}$`. */
  readonly fingerprint: string;
  readonly receipt: Receipt;
  /** True: this is the stored answer of an earlier call with the same idempotency key. */
  readonly repeated: boolean;
  /** At most 65536 characters. */
  readonly signature_base64: string;
}

export interface SignGrantParams {
  /** Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`. */
  readonly approval?: ApprovalId | null;
  readonly card: CardHandle;
  /** 1 to 64 characters. */
  readonly case: string;
  /** 1 to 1000. */
  readonly count: number;
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  /** The only digests that may be signed, where they are known already. At most 1000 entries. Left out: `[]`. */
  readonly digests_base64?: ReadonlyArray<string>;
  readonly hash: "sha256" | "sha384" | "sha512";
  /** 9C wants its PIN before each signature and cannot be granted. */
  readonly key: "authentication" | "key_management";
  /** `^[a-z][a-z0-9_]{0,47}$`. */
  readonly purpose: string;
  /** 1 to 3600. */
  readonly seconds: number;
}

export interface SignGrantResult {
  /** At most 65536 characters. */
  readonly certificate_base64: string;
  readonly ends_at: string;
  readonly fingerprint: string;
  readonly grant: GrantId;
  readonly receipt: Receipt;
  readonly remaining: number;
}

export interface SignRevokeGrantParams {
  /** 1 to 600000. */
  readonly deadline_ms?: number | null;
  readonly grant: GrantId;
}

export interface SignRevokeGrantResult {
  readonly receipt: Receipt;
  readonly used: number;
}

export interface WhoamiResult {
  readonly client: string;
  readonly gid: number;
  readonly locale: string;
  readonly may_prompt: boolean;
  readonly seat: string;
  readonly uid: number;
}

/** Every method: what it takes and what it gives. */
export interface Methods {
  /** The first call on a connection; and the greeting that comes before it. */
  "hello": (params: HelloParams) => HelloResult;
  /** What the daemon knows of this connection. */
  "whoami": () => WhoamiResult;
  /** The OpenRPC document, made from the table of methods. */
  "rpc.discover": () => RpcDiscoverResult;
  /** The table of errors, in both languages. */
  "errors.list": () => ErrorsListResult;
  /** Whether the daemon can do its work, without any personal data. */
  "health": () => HealthResult;
  /** End a waiting call of this connection; and `request.progress`, the notices of a waiting call. */
  "request.cancel": (params: RequestCancelParams) => RequestCancelResult;
  /** The readers that are there. */
  "readers.list": () => ReadersListResult;
  /** The cards that are there. No personal data. */
  "cards.list": () => CardsListResult;
  /** Who has a card and who waits for it. */
  "queue.show": () => QueueShowResult;
  /** A snapshot and a number, then numbered changes as `events.changed`. */
  "events.subscribe": (params?: EventsSubscribeParams) => EventsSubscribeResult;
  /** `agent.register`, and the calls that the daemon makes to an agent: `agent.pin`, `agent.confirm`, `agent.cancel`. */
  "agent.register": (params: AgentRegisterParams) => AgentRegisterResult;
  /** Open a session at this seat with the badge that is in its reader. The PIN is asked through the agent. */
  "session.login": (params?: SessionLoginParams) => SessionLoginResult;
  /** Badge and PIN again, for the session that is there: after the inactivity lock, or before a high-risk purpose. */
  "session.unlock": (params?: SessionLoginParams) => SessionLoginResult;
  /** End the session of this seat. */
  "session.logout": () => SessionLogoutResult;
  /** Whether somebody is logged in at this seat, for this uid. */
  "session.status": () => SessionStatusResult;
  /** A human has just done something at this seat. Nothing else keeps a session from locking. */
  "session.activity": () => SessionActivityResult;
  /** Named items of a resident's card, for a purpose. */
  "card.read": (params: CardReadParams) => CardReadResult;
  /** A certificate of the card. The signature certificate of a resident opens only after its PIN. */
  "card.certificate": (params: CardCertificateParams) => CardCertificateResult;
  /** How many tries each PIN has left. Costs no try. */
  "card.pin_status": (params: CardPinStatusParams) => CardPinStatusResult;
  /** What the card says of itself, and which certificates it holds. No PIN. */
  "card.token_info": (params: CardTokenInfoParams) => CardTokenInfoResult;
  /** Whether a certificate that the caller brings along holds, by the lists this machine has. No card, no network. */
  "certificate.check": (params: CertificateCheckParams) => CertificateCheckResult;
  /** The resident changes a PIN. Old and new one are asked through the agent, the new one twice. */
  "card.change_pin": (params: CardChangePinParams) => CardChangePinResult;
  /** Signatures over digests with a key of the card, verified against its certificate before they leave. */
  "sign.digest": (params: SignDigestParams) => SignDigestResult;
  /** One PIN, the certificate out, and the card kept for exactly one `sign.finish` of this connection. */
  "sign.begin": (params: SignBeginParams) => SignBeginResult;
  /** The one signature of what was begun on this connection; then the card is cleared and let go. */
  "sign.finish": (params: SignFinishParams) => SignFinishResult;
  /** So many signatures with an operator's key after one PIN, for a bounded time. Never for a resident's card. */
  "sign.grant": (params: SignGrantParams) => SignGrantResult;
  /** The grant ends now. */
  "sign.revoke_grant": (params: SignRevokeGrantParams) => SignRevokeGrantResult;
  /** What waits for a second person at this office's daemon, and what was approved and not used yet. */
  "approval.list": () => ApprovalListResult;
  /** Another person, with another badge and its PIN, agrees to exactly this content. Needs no session. */
  "approval.give": (params: ApprovalGiveParams) => ApprovalGiveResult;
  /** Whoever asked takes it back, or somebody who might approve says no. Needs a session. */
  "approval.refuse": (params: ApprovalRefuseParams) => ApprovalRefuseResult;
  /** The emergency stop. Ends all sessions, resets all cards, refuses all card work, also after a restart. */
  "lockdown.engage": (params: LockdownEngageParams) => LockdownEngageResult;
  /** One administrator's badge and PIN. The emergency stop ends with the second one, another person, within 5 minutes. */
  "lockdown.release": (params?: LockdownReleaseParams) => LockdownReleaseResult;
  /** For this case of a listed purpose, rows for emergencies count and no second person is needed (S10). */
  "emergency.override": (params: EmergencyOverrideParams) => EmergencyOverrideResult;
  /** A badge from the factory becomes an operator's badge. Under four eyes; goes on where it was broken off. */
  "badge.enrol": (params: BadgeEnrolParams) => BadgeEnrolResult;
  /** New keys and certificates for a badge that is in the register. Under four eyes. */
  "badge.renew": (params: BadgeRenewParams) => BadgeEnrolResult;
  /** A new PIN for a blocked badge, by means of its PUK, which nobody types. Under four eyes. */
  "badge.unblock_pin": (params: BadgeUnblockPinParams) => BadgeUnblockPinResult;
  /** A loss report. The operator's badges count no more, at once; an open session of theirs ends. */
  "badge.block": (params: BadgeBlockParams) => BadgeBlockResult;
  /** The operators and their badges, with what runs out soon. */
  "badge.list": (params?: BadgeListParams) => BadgeListResult;
  /** Look for new files of the office now (policy, register, block list), and say what became of each. */
  "office.reload": (params?: OfficeReloadParams) => OfficeReloadResult;
  /** Cut off the oldest sealed segments of the record, when their years are over. Under four eyes. */
  "audit.cut": (params: AuditCutParams) => AuditCutResult;
  /** The newest signed head of the record, to be kept outside this machine. Badge and PIN, no session. */
  "audit.export_head": (params?: AuditExportHeadParams) => AuditExportHeadResult;
  /** The newest signed head of the record, and how its key follows from the first one (docs/audit-log.md). */
  "audit.head": (params?: AuditHeadParams) => AuditHeadResult;
  /** That the record of a receipt stands in the tree under a signed head (docs/audit-log.md, proof of one record). */
  "audit.proof": (params: AuditProofParams) => AuditProofResult;
  /** Records as a file with its own signed head, when two people agree to exactly which (docs/audit-log.md). */
  "audit.export": (params: AuditExportParams) => AuditExportResult;
  /** The bytes of an export, part by part. */
  "audit.export_part": (params: AuditExportPartParams) => AuditExportPartResult;
  /** A resident, whose card lies in the reader, hears who used it, when, where and why. No PIN. */
  "audit.disclose": (params: AuditDiscloseParams) => AuditDiscloseResult;
  /** Which uses of cards fit, page by page, as they stand in the record. */
  "audit.query": (params?: AuditQueryParams) => AuditQueryResult;
  /** What the record has of today's acts of whoever is logged in. Needs no right; names no card and no resident. */
  "audit.own_day": (params?: AuditOwnDayParams) => AuditOwnDayResult;
  /** The work on this reception number is done. An application that tells it lets W12 ask where nothing came of a reading. */
  "case.close": (params: CaseCloseParams) => CaseCloseResult;
  /** The resident's card that lies in the reader goes on a list of those that are watched, or off it. */
  "audit.watch_list": (params: AuditWatchListParams) => AuditWatchListResult;
  /** What became of an alarm. The newest review counts, earlier ones stay on record. */
  "audit.review": (params: AuditReviewParams) => AuditReviewResult;
  /** What the rules found in the record, the newest first, and what became of it. */
  "audit.alarms": (params?: AuditAlarmsParams) => AuditAlarmsResult;
  /** The policy in force as a table. No card is touched, nobody need be logged in. */
  "policy.show": () => PolicyShowResult;
  /** May this be done, and which line of the policy says so. No card is touched, nobody need be logged in. */
  "policy.explain": (params: PolicyExplainParams) => PolicyExplainResult;
}

export type MethodName = keyof Methods;

/** What the daemon calls, of an agent. */
export interface ReverseMethods {
  "agent.pin": (params: PinRequest) => PinAnswer;
  "agent.confirm": (params: ConfirmRequest) => ConfirmAnswer;
}

/** What the daemon tells without being asked. */
export interface Notifications {
  "server.greeting": Greeting;
  "server.closing": Closing;
  "request.progress": Progress;
  "events.changed": Changed;
  "events.lagged": Lagged;
  "agent.cancel": CancelNotice;
}

/** Every error by its name: number, who must act, whether to try again. What each means and what to do: docs/errors.md. */
export const ERRORS = {
  "request.bad": { code: -32600, actor: "program", retryable: false },
  "request.unknown_method": { code: -32601, actor: "program", retryable: false },
  "request.hello_required": { code: 1001, actor: "program", retryable: false },
  "request.level_unsupported": { code: 1002, actor: "it", retryable: false },
  "request.duplicate_id": { code: 1003, actor: "program", retryable: false },
  "request.idempotency_mismatch": { code: 1004, actor: "program", retryable: false },
  "request.too_many": { code: 1005, actor: "program", retryable: true },
  "request.cancelled": { code: 1006, actor: "clerk", retryable: true },
  "request.deadline": { code: 1007, actor: "clerk", retryable: true },
  "client.unknown": { code: 1101, actor: "it", retryable: false },
  "client.gone": { code: 1102, actor: "program", retryable: true },
  "client.origin_not_allowed": { code: 1103, actor: "it", retryable: false },
  "internal": { code: -32603, actor: "it", retryable: false },
  "session.required": { code: 2001, actor: "clerk", retryable: true },
  "session.exists": { code: 2002, actor: "clerk", retryable: true },
  "session.locked": { code: 2004, actor: "clerk", retryable: true },
  "session.pin_required": { code: 2005, actor: "clerk", retryable: true },
  "seat.unknown": { code: 2003, actor: "it", retryable: false },
  "policy.denied": { code: 2101, actor: "supervisor", retryable: false },
  "audit.unavailable": { code: 2201, actor: "it", retryable: true },
  "audit.unknown": { code: 2202, actor: "supervisor", retryable: true },
  "audit.indexing": { code: 2203, actor: "supervisor", retryable: true },
  "audit.cut_refused": { code: 2204, actor: "supervisor", retryable: false },
  "audit.heads_overdue": { code: 2205, actor: "supervisor", retryable: false },
  "auth.failed": { code: 2301, actor: "supervisor", retryable: false },
  "auth.locked": { code: 2302, actor: "clerk", retryable: true },
  "auth.wrong_account": { code: 2303, actor: "supervisor", retryable: false },
  "agent.none": { code: 2401, actor: "it", retryable: true },
  "agent.taken": { code: 2402, actor: "it", retryable: true },
  "agent.not_allowed": { code: 2403, actor: "it", retryable: false },
  "approval.required": { code: 2501, actor: "supervisor", retryable: true },
  "approval.invalid": { code: 2502, actor: "clerk", retryable: true },
  "lockdown.engaged": { code: 2601, actor: "supervisor", retryable: false },
  "operator.unknown": { code: 2701, actor: "supervisor", retryable: false },
  "operator.exists": { code: 2702, actor: "supervisor", retryable: true },
  "badge.taken": { code: 2703, actor: "supervisor", retryable: false },
  "badge.unfit": { code: 2704, actor: "it", retryable: false },
  "badge.management_key": { code: 2705, actor: "it", retryable: false },
  "badge.puk_blocked": { code: 2706, actor: "it", retryable: false },
  "badge.puk_rejected": { code: 2707, actor: "it", retryable: false },
  "badge.authority": { code: 2708, actor: "it", retryable: true },
  "grant.unknown": { code: 2801, actor: "clerk", retryable: true },
  "grant.mismatch": { code: 2802, actor: "program", retryable: false },
  "grant.impossible": { code: 2803, actor: "program", retryable: false },
  "office.refused": { code: 2901, actor: "it", retryable: false },
  "card.absent": { code: 3001, actor: "clerk", retryable: true },
  "card.removed": { code: 3002, actor: "clerk", retryable: true },
  "card.changed": { code: 3003, actor: "clerk", retryable: true },
  "card.busy": { code: 3004, actor: "clerk", retryable: true },
  "card.bad_answer": { code: 3005, actor: "resident", retryable: false },
  "card.no_answer": { code: 3006, actor: "clerk", retryable: true },
  "card.unsupported": { code: 3007, actor: "clerk", retryable: false },
  "card.wrong_kind": { code: 3008, actor: "clerk", retryable: false },
  "card.wrong_reader": { code: 3009, actor: "clerk", retryable: true },
  "card.item_absent": { code: 3010, actor: "resident", retryable: false },
  "reader.busy": { code: 3101, actor: "it", retryable: true },
  "reader.stuck": { code: 3102, actor: "clerk", retryable: true },
  "reader.unknown": { code: 3103, actor: "it", retryable: false },
  "pcsc.down": { code: 3201, actor: "it", retryable: true },
  "pcsc.full": { code: 3202, actor: "it", retryable: true },
  "pcsc.refused": { code: 3203, actor: "it", retryable: false },
  "pin.rejected": { code: 4001, actor: "resident", retryable: true },
  "pin.now_blocked": { code: 4002, actor: "resident", retryable: false },
  "pin.was_blocked": { code: 4003, actor: "resident", retryable: false },
  "pin.format": { code: 4004, actor: "resident", retryable: true },
  "pin.unknown": { code: 4005, actor: "clerk", retryable: true },
  "pin.guard": { code: 4006, actor: "resident", retryable: true },
  "pin.repeated": { code: 4007, actor: "resident", retryable: true },
  "pin.cancelled": { code: 4008, actor: "clerk", retryable: true },
  "pin.timeout": { code: 4009, actor: "clerk", retryable: true },
  "pin.counter_changed": { code: 4010, actor: "clerk", retryable: true },
  "sign.mismatch": { code: 5001, actor: "resident", retryable: false },
  "sign.wrong_certificate": { code: 5002, actor: "clerk", retryable: true },
  "sign.algorithm": { code: 5003, actor: "program", retryable: false },
  "sign.outcome_unknown": { code: 5004, actor: "clerk", retryable: true },
  "sign.unknown": { code: 5005, actor: "clerk", retryable: true },
  "sign.not_agreed": { code: 5006, actor: "clerk", retryable: true },
  "cert.bad": { code: 5101, actor: "clerk", retryable: false },
  "cert.wrong_kind": { code: 5102, actor: "clerk", retryable: false },
  "cert.revoked": { code: 5103, actor: "clerk", retryable: false },
  "cert.expired": { code: 5104, actor: "clerk", retryable: false },
  "cert.not_yet_valid": { code: 5105, actor: "it", retryable: false },
  "cert.unknown": { code: 5106, actor: "it", retryable: true },
} as const;

export type ErrorName = keyof typeof ERRORS;
