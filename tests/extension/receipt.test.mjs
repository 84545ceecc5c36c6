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

test("the receipt of a decoy says how many take it for the user, and claims no cloak", () => {
  const decoy = told({
    level: "decoy",
    policy: "strip",
    faces: [{ ...face, likeness: { a: 0.71, b: 0.5, c: 0.49 } }],
  });
  assert.equal(
    receipt.sentence(decoy, "cloaked"),
    "A decoy: 2 of 3 recognisers take this face for you",
  );
  const lines = Object.fromEntries(plain(receipt.lines(decoy)));
  assert.equal(lines.Level, "Decoys");
  assert.equal(lines["Taken for you by"], "2 of 3");
  assert.ok(!Object.values(lines).some((value) => /know this face/.test(value)));
});

test("a receipt tells of what may be a face and stays as it was", () => {
  const doubtful = told({ notices: ["face_doubtful"] });
  assert.match(receipt.sentence(doubtful, "cloaked"), /^1 face .* s\. Something else/);
  assert.match(receipt.sentence(doubtful, "no_face"), /^No face .* was\. Something else/);
  assert.equal(receipt.lost(doubtful), "");
});

test("a receipt shows what was measured, and nothing that was not", () => {
  const bare = { ssimulacra2: null, dssim: null, similarity: {} };
  const names = (of) => plain(receipt.lines(told({ faces: of }))).map(([name]) => name);
  assert.deepEqual(names([bare]), ["Level", "Metadata"]);
  assert.ok(names([face, face]).some((name) => /recognisers.* 2$/.test(name)));
  assert.deepEqual(plain(receipt.lines(null)), []);
});

test("each figure of a receipt says which way is good", () => {
  const values = (alike) =>
    plain(receipt.lines(told({ faces: [{ ...face, similarity: { a: alike } }] }))).map(
      ([, value]) => value,
    );
  assert.match(values(0.17)[1], /^hardly know this face .*17\s%.*less is better/);
  assert.match(values(-0.1)[1], /^hardly know this face .*\b0\s%/);
  assert.match(values(0.3)[1], /^know this face less well/);
  assert.match(values(0.5)[1], /^still know this face/);
  assert.match(values(0)[2], /^88 of 100.*more is better/);
  assert.match(values(0)[3], /^0.0067.*less is better/);
});

test("a receipt tells what the photo lost, even what it has no word for", () => {
  assert.equal(receipt.lost(told()), "", "an older host tells nothing");
  assert.equal(receipt.lost(told({ notices: [] })), "");
  const lost = receipt.lost(told({ notices: ["thumbnail_removed", "smell_removed"] }));
  assert.match(lost, /its thumbnail/);
  assert.match(lost, /smell_removed/);
});
