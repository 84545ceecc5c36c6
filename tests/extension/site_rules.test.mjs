import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./load.mjs";

const { siteRules } = load(["shared/limits.js", "shared/site_rules.js"]);
const { levelFor, siteOf, isCurated, patternOf } = siteRules;
const settings = (sites = {}, level = "mid") => ({ level, sites });

test("without a rule the general level holds", () => {
  assert.equal(levelFor(settings(), "www.facebook.com"), "mid");
});

test("the closest rule counts", () => {
  const sites = { "example.org": "low", "photos.example.org": "high" };
  assert.equal(levelFor(settings(sites), "example.org"), "low");
  assert.equal(levelFor(settings(sites), "www.example.org"), "low");
  assert.equal(levelFor(settings(sites), "a.photos.example.org"), "high");
  assert.equal(levelFor(settings(sites), "notexample.org"), "mid");
});

test("a rule that says on follows the general level", () => {
  assert.equal(levelFor(settings({ "example.org": "on" }, "high"), "example.org"), "high");
});

test("off in general is off everywhere", () => {
  assert.equal(levelFor(settings({ "example.org": "high" }, "off"), "example.org"), "off");
});

test("hosts are told in any case, and addresses have no parents", () => {
  assert.equal(levelFor(settings({ "example.org": "off" }), "WWW.Example.ORG"), "off");
  assert.equal(levelFor(settings({ 1: "off" }), "127.0.0.1"), "mid");
  assert.equal(levelFor(settings({ "127.0.0.1": "off" }), "127.0.0.1"), "off");
});

test("a page without a host follows the general level", () => {
  assert.equal(levelFor(settings(), ""), "mid");
});

test("subdomains of a curated site belong to it", () => {
  assert.equal(siteOf("m.facebook.com"), "facebook.com");
  assert.equal(siteOf("www.example.org"), "example.org");
  assert.equal(siteOf("old.example.org"), "old.example.org");
  assert.ok(isCurated("web.whatsapp.com"));
  assert.ok(!isCurated("facebook.com.example.org"));
});

test("patterns cover subdomains, except of addresses", () => {
  assert.equal(patternOf("example.org"), "*://*.example.org/*");
  assert.equal(patternOf("127.0.0.1"), "*://127.0.0.1/*");
});

test("a switch of the popup gives back the rule from before", () => {
  const { switchTo } = siteRules;
  const own = { sites: { "a.org": "high" }, sitesBefore: {} };
  for (const rule of ["off", "decoy"]) {
    const switched = switchTo(own, "a.org", rule);
    assert.equal(switched.sites["a.org"], rule);
    assert.deepEqual(plain(switchTo(switched, "a.org", null)), own);
  }
  // Decoys, then off, then on again: the rule from before both.
  const both = switchTo(switchTo(own, "a.org", "decoy"), "a.org", "off");
  assert.equal(switchTo(both, "a.org", null).sites["a.org"], "high");
  // A site without a rule of its own is protected at the general level.
  const bare = switchTo({ sites: {}, sitesBefore: {} }, "b.org", "off");
  assert.equal(switchTo(bare, "b.org", null).sites["b.org"], "on");
});
