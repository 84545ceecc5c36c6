import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleAt } from "./load.mjs";

const { view } = await import(moduleAt("popup/view.js"));
const { appearance } = await import(moduleAt("background/toolbar.js"));
const { counted, dayOf } = await import(moduleAt("background/history.js"));
const { grantedBeyond } = await import(moduleAt("background/sites.js"));

const facts = (more = {}) => ({
  settings: { level: "mid", sites: {} },
  site: { host: "facebook.com", covered: true },
  helpless: false,
  ...more,
});
const headline = (more) => view(facts(more)).headline;

test("the headline is the truth about this page", () => {
  assert.equal(headline(), "popup_on");
  assert.equal(headline({ settings: { level: "off", sites: {} } }), "popup_off");
  assert.equal(
    headline({ settings: { level: "mid", sites: { "facebook.com": "off" } } }),
    "popup_off_here",
  );
  assert.equal(headline({ site: { host: "example.org", covered: false } }), "popup_uncovered");
  assert.equal(headline({ site: { host: "", covered: false } }), "popup_no_site");
  assert.equal(headline({ helpless: true }), "popup_attention");
  const frames = { uncovered: [{ host: "a.org", frames: 1, visible: true }], covered: [] };
  assert.equal(headline({ frames }), "popup_partly");
  frames.uncovered[0].visible = false;
  assert.equal(headline({ frames }), "popup_on");
  assert.deepEqual(view(facts({ frames })).frames, frames.uncovered);
});

test("the popup says where photos become decoys", () => {
  const settings = { level: "mid", sites: { "facebook.com": "decoy" } };
  const seen = view(facts({ settings }));
  assert.deepEqual([seen.headline, seen.kind, seen.decoys], ["popup_decoys", "on", true]);
  assert.equal(view(facts()).decoys, false);
  assert.equal(view(facts({ settings, helpless: true })).headline, "popup_attention");
  // A general "off" is off everywhere.
  assert.equal(view(facts({ settings: { ...settings, level: "off" } })).decoys, false);
  assert.equal(headline({ settings: { ...settings, level: "off" } }), "popup_off");
});

test("a page that is not covered says which of its frames are", () => {
  const frames = { uncovered: [], covered: ["a.org", "b.org"] };
  const site = { host: "example.org", covered: false };
  const { headline, hint, hosts } = view(facts({ site, frames }));
  assert.deepEqual(
    [headline, hint, hosts],
    ["popup_uncovered", "popup_uncovered_but_hint", "a.org, b.org"],
  );
  assert.equal(view(facts({ site })).hint, "popup_uncovered_hint");
});

test("protection is never claimed where there is none", () => {
  for (const level of ["off", "low", "mid", "high"])
    for (const rule of [undefined, "on", "off", "low", "decoy"])
      for (const covered of [true, false])
        for (const helpless of [true, false]) {
          const sites = rule ? { "example.org": rule } : {};
          const seen = view({
            settings: { level, sites },
            site: { host: "example.org", covered },
            helpless,
          });
          const works = level !== "off" && rule !== "off" && covered && !helpless;
          assert.equal(seen.kind === "on", works);
        }
});

test("how the program is matters only where photos would be cloaked", () => {
  assert.equal(view(facts()).host, true);
  assert.equal(view(facts({ helpless: true })).host, true);
  assert.equal(view(facts({ settings: { level: "off", sites: {} }, helpless: true })).host, false);
  const sites = { "facebook.com": "off" };
  assert.equal(view(facts({ settings: { level: "mid", sites } })).host, false);
});

test("the site's switch shows only where it would do something", () => {
  assert.equal(view(facts()).siteSwitch, true);
  assert.equal(view(facts({ site: { host: "example.org", covered: false } })).siteSwitch, false);
  assert.equal(view(facts({ site: { host: "example.org", covered: false } })).siteAsk, true);
  assert.equal(view(facts({ site: { host: "", covered: false } })).siteAsk, false);
});

test("the icon is grey where nothing is protected, and a question comes first", () => {
  const tab = {
    level: "mid",
    covered: true,
    photos: 0,
    asks: false,
    helpless: false,
    uncovered: [],
  };
  assert.equal(appearance(tab).icon, "on");
  assert.equal(appearance({ ...tab, level: "off" }).icon, "off");
  assert.equal(appearance({ ...tab, covered: false }).icon, "off");
  assert.equal(appearance({ ...tab, photos: 3 }).badge, "3");
  assert.equal(appearance({ ...tab, photos: 3, asks: true }).badge, "!");
});

test("the icon says where photos are not cloaked although protection is on", () => {
  const tab = {
    level: "mid",
    covered: true,
    photos: 0,
    asks: false,
    helpless: false,
    uncovered: ["a.org", "b.org"],
  };
  assert.equal(appearance(tab).badge, "½");
  assert.deepEqual(appearance(tab).values, ["a.org, b.org"]);
  assert.equal(appearance({ ...tab, helpless: true }).badge, "!");
  assert.equal(appearance({ ...tab, level: "off", helpless: true }).badge, "");
  assert.equal(appearance({ ...tab, covered: false, helpless: true }).badge, "");
});

test("today's count begins anew with the day", () => {
  assert.deepEqual(counted(undefined, "2026-01-01"), { day: "2026-01-01", today: 1, total: 1 });
  const first = counted(undefined, "2026-01-01");
  assert.deepEqual(counted(first, "2026-01-01"), { day: "2026-01-01", today: 2, total: 2 });
  assert.deepEqual(counted(first, "2026-01-02"), { day: "2026-01-02", today: 1, total: 2 });
  assert.equal(dayOf(new Date(2026, 0, 9, 23, 59)), "2026-01-09");
});

test("scripts are registered for what was granted beyond the manifest, and for web pages only", () => {
  const own = ["*://*.facebook.com/*"];
  assert.deepEqual(grantedBeyond([...own, "*://*.example.org/*", "file:///*"], own), [
    "*://*.example.org/*",
  ]);
  assert.deepEqual(grantedBeyond(["<all_urls>", "https://a.org/*"], own), [
    "<all_urls>",
    "https://a.org/*",
  ]);
  assert.deepEqual(grantedBeyond(own, own), []);
});
