// What the page does by itself: follows the server's events, hides what is personal, and brings a PIN to the server without a form.
"use strict";
(() => {
  const body = document.body;
  const tab = body.dataset.tab;
  const headers = { "X-Tab": tab };
  const SILENT_MS = 25000; // the server says something every ten seconds
  let lastWord = Date.now();
  let over = false;

  const by = (id) => document.getElementById(id);
  // Each part asks for itself: htmx lets one element wait for its own answer, and drops what it asks meanwhile but for the last.
  const fetchInto = (path, target) => window.htmx.ajax("GET", path, { source: target, target, swap: "innerHTML", headers });

  function curtain() {
    touched.clear();
    by("stage").replaceChildren();
    by("prompt").replaceChildren();
    document.title = body.dataset.title;
  }

  function superseded() {
    over = true;
    source.close();
    curtain();
    by("over").hidden = false;
    by("over").querySelector("a").focus();
  }

  // A screen is drawn, and something changes before it is here: then it is asked for again. An older drawing never replaces a newer one.
  const REMEMBERED = 100;
  const recent = [];
  let drawn = Number(body.dataset.number);

  const live = () => (document.querySelector("[data-live]")?.dataset.live || "").split(" ");
  const redrawStage = () => fetchInto(location.pathname + location.search, "#stage");

  // --- the focus: never off the page ------------------------------------------------------------------------------

  const nameOf = (e) => e.id || [e.tagName, e.name, e.type === "radio" || e.type === "checkbox" ? e.value : "", e.getAttribute("hx-post"),
    e.getAttribute("href"), e.tagName === "BUTTON" ? e.textContent : ""].join(" ");
  const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
  let held = "";
  let heldHead = "";
  const headOf = () => by("stage").querySelector("h1")?.textContent || "";

  function toTheTop() {
    const first = by("stage").querySelector("[aria-invalid=true], [autofocus], h1");
    if (first?.tagName === "H1") first.tabIndex = -1;
    (first || by("stage")).focus();
  }

  function keepFocus(target) {
    if (document.querySelector("dialog[open]")) return;
    const lost = !document.activeElement || document.activeElement === body;
    const same = lost && held ? [...target.querySelectorAll(FOCUSABLE)].find((each) => nameOf(each) === held) : null;
    if (same) same.focus();
    else if (target.id === "stage" && headOf() !== heldHead && !by("stage").contains(document.activeElement)) toTheTop();
    else if (lost && (held || target.id === "prompt")) toTheTop();
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const at = document.activeElement;
    held = event.detail.target.contains(at) && at !== event.detail.target ? nameOf(at) : "";
    if (event.detail.target.id !== "stage") return;
    heldHead = headOf();
    const number = Number(event.detail.xhr.getResponseHeader("X-Desk"));
    if (number < drawn) event.detail.shouldSwap = false;
    else drawn = number;
  });

  function catchUp() {
    const wanted = live();
    if (recent.some((each) => each.number > drawn && each.parts.some((part) => wanted.includes(part)))) redrawStage();
  }

  function changed(parts, number) {
    lastWord = Date.now();
    recent.push({ number, parts });
    if (recent.length > REMEMBERED) recent.shift();
    body.classList.remove("lost");
    if (parts.includes("superseded")) { superseded(); return; }
    if (parts.includes("locked")) curtain();
    if (parts.includes("seat")) fetchInto("/part/seat", "#seat");
    if (parts.includes("notices")) fetchInto("/part/notices", "#notices");
    if (parts.includes("prompt")) fetchInto("/prompt", "#prompt");
    const wanted = live();
    if (parts.includes("locked")) fetchInto("/", "#stage");
    else if (parts.includes("stage") || parts.some((part) => wanted.includes(part))) redrawStage();
  }

  const source = new EventSource(`/events?tab=${encodeURIComponent(tab)}&since=${body.dataset.number}`);
  source.addEventListener("changed", (event) => changed(event.data.split(" "), Number(event.lastEventId)));
  source.addEventListener("here", () => { lastWord = Date.now(); });
  source.addEventListener("open", () => {
    lastWord = Date.now();
    if (body.classList.contains("lost")) changed(["seat", "stage", "prompt", "notices"], drawn);
  });
  setInterval(() => {
    if (!over && source.readyState !== EventSource.OPEN && Date.now() - lastWord > 3000) lost();
    else if (!over && Date.now() - lastWord > SILENT_MS) lost();
  }, 1000);

  function lost() {
    if (body.classList.contains("lost")) return;
    body.classList.add("lost");
    curtain();
  }

  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-Tab"] = tab; });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 409) superseded();
  });

  // --- the prompt -------------------------------------------------------------------------------------------------

  function octetsOf(field) {
    const octets = new Uint8Array(field.value.length);
    for (let place = 0; place < octets.length; place += 1) {
      const code = field.value.charCodeAt(place);
      octets[place] = code < 128 ? code : 0; // no PIN has such a character: the server refuses it by its shape
    }
    return octets;
  }

  async function send(form) {
    const field = form.querySelector("input");
    const octets = octetsOf(field);
    field.value = "";
    dots(form);
    const answer = await fetch(form.dataset.pin, { method: "POST", headers, body: octets });
    octets.fill(0);
    if (answer.status === 200) {
      const wrong = form.querySelector("[role=alert]");
      wrong.textContent = await answer.text();
      field.setAttribute("aria-invalid", "true");
      field.focus();
    }
  }

  function shuffled() {
    const digits = [..."0123456789"];
    for (let place = digits.length - 1; place > 0; place -= 1) {
      const limit = 256 - (256 % (place + 1));
      let random;
      do { [random] = crypto.getRandomValues(new Uint8Array(1)); } while (random >= limit);
      const other = random % (place + 1);
      [digits[place], digits[other]] = [digits[other], digits[place]];
    }
    return digits;
  }

  function dots(form) {
    const told = form.querySelector("[data-dots]");
    if (told) told.textContent = "●".repeat(form.querySelector("input").value.length);
  }

  function keypad(form) {
    const pad = form.querySelector("[data-keypad]");
    const field = form.querySelector("input");
    shuffled().forEach((digit, place) => {
      const key = pad.querySelectorAll("[data-key]")[place];
      key.textContent = digit;
      key.addEventListener("click", () => {
        if (field.value.length < Number(field.maxLength)) field.value += digit;
        dots(form);
      });
    });
    pad.querySelector("[data-back]").addEventListener("click", () => { field.value = field.value.slice(0, -1); dots(form); });
    field.addEventListener("input", () => dots(form));
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-pin]");
    if (!form) return;
    event.preventDefault();
    event.stopPropagation();
    send(form);
  }, true);

  // The page is fetched anew while somebody types: what they did since then is put back, and sent as a draft once more.
  const JUST_NOW_MS = 3000;
  const touched = new Map();
  by("stage").addEventListener("input", (event) => {
    const { id, value, checked } = event.target;
    if (id) touched.set(id, { value, checked, at: Date.now() });
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("form")) touched.clear(); // sent: from now on the answer says what stands there
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "stage") return;
    let last = null;
    for (const [id, was] of [...touched]) {
      const field = by(id);
      if (Date.now() - was.at > JUST_NOW_MS || !by("stage").contains(field)) { touched.delete(id); continue; }
      if (field.value === was.value && field.checked === was.checked) continue;
      if (field.type === "checkbox" || field.type === "radio") field.checked = was.checked;
      else field.value = was.value;
      last = field;
    }
    last?.dispatchEvent(new Event("input", { bubbles: true }));
  });

  let shownStep = "";
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "prompt") {
      const form = event.target.querySelector("[data-pin]");
      if (form?.querySelector("[data-keypad]")) keypad(form);
      const dialog = event.target.querySelector("dialog");
      if (dialog && !dialog.open) dialog.showModal();
      (event.target.querySelector("[data-first]") || form?.querySelector("input"))?.focus();
    }
    if (event.target.id === "stage") {
      const step = by("stage").querySelector(".steps [aria-current]")?.textContent || "";
      if (step !== shownStep) window.scrollTo(0, 0); // a new step begins at its top
      shownStep = step;
      catchUp();
      const head = by("stage").querySelector("h1");
      const title = head ? head.textContent.trim() + " – " : "";
      document.title = title + body.dataset.title;
    }
    keepFocus(event.target);
  });
  document.addEventListener("cancel", (event) => event.preventDefault(), true); // Escape is the button "cancel", which tells the daemon
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector("dialog[open] [data-cancel]")?.click();
  });

  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });

  // --- documents --------------------------------------------------------------------------------------------------

  document.addEventListener("change", async (event) => {
    const form = event.target.closest("[data-upload]");
    if (!form || !event.target.files?.length) return;
    const [file] = event.target.files;
    const told = form.querySelector("[role=alert]");
    told.textContent = "…";
    const more = { ...headers, "X-Name": encodeURIComponent(file.name) };
    if (form.dataset.beside) more["X-Beside"] = "1";
    try {
      const answer = await fetch(form.dataset.upload, { method: "POST", headers: more, body: file });
      told.textContent = answer.status === 200 ? await answer.text() : "";
      if (answer.status === 409) superseded();
    } catch { told.textContent = "×"; }
  });

  // --- time on the screen -----------------------------------------------------------------------------------------

  setInterval(() => {
    for (const clock of document.querySelectorAll("[data-seconds]")) {
      const left = Math.max(0, Number(clock.dataset.seconds) - 1);
      clock.dataset.seconds = String(left);
      if (left % 10 === 0 || left < 10) clock.textContent = String(Math.round(left));
    }
    for (const clock of document.querySelectorAll("[data-elapsed]")) {
      clock.dataset.elapsed = String(Number(clock.dataset.elapsed) + 1);
      clock.textContent = String(Math.round(Number(clock.dataset.elapsed)));
    }
  }, 1000);

  // A page that was left is not kept by the browser with what was on it: not for "back", not for a picture of the tab.
  window.addEventListener("pagehide", () => { source.close(); curtain(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  if (by("prompt").childElementCount === 0) fetchInto("/prompt", "#prompt");
})();
