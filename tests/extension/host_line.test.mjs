import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { moduleAt } from "./load.mjs";

const messages = JSON.parse(
  readFileSync(new URL("../../extension/_locales/en/messages.json", import.meta.url)),
);
globalThis.chrome = {
  i18n: { getMessage: (key) => messages[key]?.message ?? "", getUILanguage: () => "en" },
};
const { hostSentence } = await import(moduleAt("shared/host_line.js"));

const sentence = (state, code) =>
  hostSentence({ state, version: "", devices: [], fault: code ? { code, parameters: {} } : null });

test("an update is asked for on the side that is older", () => {
  assert.match(sentence("outdated", "host_outdated"), /local program is too old/);
  assert.match(sentence("outdated", "extension_outdated"), /extension is too old/);
});

test("other states have their own sentence", () => {
  assert.equal(sentence("missing", "host_missing"), messages.host_missing.message);
  assert.equal(sentence("cold", "no_gpu"), messages.host_problem.message);
  assert.equal(sentence("ready"), messages.host_ready.message);
});
