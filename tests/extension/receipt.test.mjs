import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load, plain } from "./load.mjs";

const english = JSON.parse(
  readFileSync(new URL("../../extension/_locales/en/messages.json", import.meta.url)),
);
const getMessage = (key, values = []) =>
  (english[key]?.message ?? "").replace(/\$(\d)/g, (_, place) => values[place - 1] ?? "");
const { receipt } = load(["shared/text.js", "shared/receipt.js"], {
  chrome: { i18n: { getMessage } },
});

const face = { ssimulacra2: 88.4, dssim: 0.0067, similarity: { a: 0.1, b: 0.3 } };
const told = (more = {}) => ({
  level: "mid",
  policy: "strip-location",
  seconds: 1.44,
  faces: [face],
  ...more,
});

test("a receipt says how many faces in what time", () => {
  assert.equal(receipt.sentence(told(), "cloaked"), "1 face cloaked in 1.4 s");
  assert.equal(
    receipt.sentence(told({ faces: [face, face] }), "cloaked"),
    "2 faces cloaked in 1.4 s",
  );
  assert.match(receipt.sentence(told({ faces: [] }), "no_face"), /No face found/);
});

test("a receipt shows what was measured, and nothing that was not", () => {
  const bare = { ssimulacra2: null, dssim: null, similarity: {} };
  const names = (of) => plain(receipt.lines(told({ faces: of }))).map(([name]) => name);
  assert.deepEqual(names([bare]), ["Level", "Metadata"]);
  assert.ok(names([face, face]).includes("Likeness to recognisers 2"));
  assert.ok(plain(receipt.lines(told())).some(([, value]) => value === "20 %"));
  assert.deepEqual(plain(receipt.lines(null)), []);
});

test("a receipt tells what the photo lost, even what it has no word for", () => {
  assert.equal(receipt.lost(told()), "", "an older host tells nothing");
  assert.equal(receipt.lost(told({ notices: [] })), "");
  const lost = receipt.lost(told({ notices: ["thumbnail_removed", "smell_removed"] }));
  assert.match(lost, /its thumbnail/);
  assert.match(lost, /smell_removed/);
});
