import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleAt } from "./load.mjs";

const { doctorLine, reportOf } = await import(moduleAt("help/report.js"));

const ways = (more = {}) => ({
  inputs: ["image/*, several"],
  editors: 1,
  frames: 2,
  shadows: 0,
  type: "text/html",
  ...more,
});
const facts = (more = {}) => ({
  version: "0.1.0",
  protocol: 1,
  browser: "Browser 1",
  language: "de",
  host: { state: "ready", version: "0.1.0", devices: ["CPU"], fault: null },
  level: "mid",
  rule: null,
  everySite: false,
  site: "example.org",
  covered: true,
  frames: { uncovered: [{ host: "", frames: 2, visible: false }], covered: ["a.org"] },
  ways: [ways(), undefined],
  recents: [
    { name: "me-and-you.jpg", time: 1, status: "failed", receipt: null, fault: { code: "busy" } },
    { name: "holiday.jpg", time: 2, status: "cloaked", fault: null, receipt: { level: "mid" } },
  ],
  ...more,
});

test("a report tells versions, states and ways in, and names no file", () => {
  const told = reportOf(facts());
  for (const part of [
    "Fawkes 0.1.0, protocol 1, de",
    "Program: ready, version 0.1.0, CPU",
    "Site: example.org; protected: yes; every site: no",
    "Not protected: 2 of unknown, out of sight",
    "Protected parts of: a.org",
    "input: image/*, several",
    "Photo: failed, error busy",
    "Photo: cloaked, mid, 0 faces",
  ])
    assert.ok(told.includes(part), part);
  assert.ok(!/me-and-you|holiday/.test(told));
});

test("a report can be made where nothing is known", () => {
  const told = reportOf(
    facts({ host: undefined, frames: undefined, ways: [], recents: [], site: "", covered: false }),
  );
  assert.match(told, /Program: unknown/);
  assert.match(told, /Site: none; protected: no/);
});

test("of the program's look at itself, the report says what is not well", () => {
  assert.equal(doctorLine(null), "Doctor: could not be asked");
  assert.equal(doctorLine([]), "Doctor: could not be asked");
  const well = [{ check: "python", state: "ok" }];
  assert.equal(doctorLine(well), "Doctor: all is well (1 checks)");
  const bad = [...well, { check: "firefox", state: "broken" }];
  assert.equal(doctorLine(bad), "Doctor: firefox broken (2 checks)");
});
