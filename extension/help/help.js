// Short answers; and for a site where something is wrong, a report to copy.
import "../shared/limits.js";
import "../shared/settings.js";
import "../shared/site_rules.js";
import "../shared/text.js";
import { copyOn, makeCommandsCopyable } from "../shared/copying.js";
import { doctorLine, reportOf, waysOf } from "./report.js";

const { limits, settings, siteRules, text } = /** @type {FawkesShared} */ (globalThis.fawkes);

/** @param {"copy" | "report" | "settings" | "welcome" | "wrong"} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {number} id of the tab */
async function look(id) {
  const [tab, host, frames, history, current, everySite] = await Promise.all([
    chrome.tabs.get(id).catch(() => null),
    chrome.runtime.sendMessage({ type: "look" }),
    chrome.runtime.sendMessage({ type: "frames", tab: id }),
    chrome.runtime.sendMessage({ type: "history" }),
    settings.load(),
    chrome.permissions.contains({ origins: ["*://*/*"] }),
  ]);
  const url = tab?.url && /^https?:/.test(tab.url) ? new URL(tab.url) : null;
  const covered = url
    ? await chrome.permissions.contains({ origins: [`${url.protocol}//${url.hostname}/*`] })
    : false;
  const ways = await chrome.scripting
    .executeScript({ target: { tabId: id, allFrames: true }, func: waysOf })
    .then(
      (frames) => frames.map(({ result }) => result),
      () => [],
    );
  const { hostname } = url ?? { hostname: "" };
  return reportOf({
    version: chrome.runtime.getManifest().version,
    protocol: limits.protocol,
    browser: navigator.userAgent,
    language: chrome.i18n.getUILanguage(),
    host,
    level: current.level,
    rule: current.sites[siteRules.siteOf(hostname)] ?? null,
    everySite,
    site: hostname,
    covered,
    frames,
    ways,
    recents: history?.recents ?? [],
  });
}

text.localise(document);
makeCommandsCopyable(document);
const report = /** @type {HTMLTextAreaElement} */ ($("report"));
copyOn($("copy"), () => report.value);
$("settings").addEventListener("click", () => chrome.runtime.openOptionsPage());
$("welcome").addEventListener("click", () => {
  location.href = chrome.runtime.getURL("welcome/welcome.html");
});
const tab = new URLSearchParams(location.search).get("tab");
if (tab) {
  $("wrong").hidden = false;
  report.value = await look(Number(tab));
  // That takes seconds.
  const checks = await chrome.runtime.sendMessage({ type: "doctor" });
  report.value += `\n${doctorLine(checks)}`;
}
