// Joins a page of an allowed origin to the host program on this machine, one program for each page. It decides nothing:
// the browser lets only the origins of `externally_connectable` come here, and the host looks at its own settings again.
"use strict";

const HOST = "jp.cardd.browser";

chrome.runtime.onConnectExternal.addListener((page) => {
  const { origin, tab, frameId } = page.sender ?? {};
  // Only a page that stands alone in its tab: one inside a frame may be laid under another one's buttons.
  if (typeof origin !== "string" || tab === undefined || frameId !== 0) {
    page.disconnect();
    return;
  }
  const host = chrome.runtime.connectNative(HOST);
  const end = (code, name, message) => {
    page.postMessage({ end: { code, message, data: { name, actor: "it", retryable: false, remedy: "" } } });
    page.disconnect();
  };
  let said = false;
  host.onMessage.addListener((message) => {
    said = said || "end" in message;
    page.postMessage(message);
  });
  host.onDisconnect.addListener(() => {
    const why = chrome.runtime.lastError?.message ?? "";
    if (said) page.disconnect();
    else end(9010, "browser.host_gone", why);
  });
  page.onDisconnect.addListener(() => host.disconnect());
  // What the page says is wrapped, so that no page can say what the browser says: where it comes from.
  host.postMessage({ open: { origin, locale: page.name === "en" ? "en" : "ja" } });
  page.onMessage.addListener((message) => host.postMessage({ page: message }));
});
