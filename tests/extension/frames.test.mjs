import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleAt } from "./load.mjs";
import { FakePort } from "./native_host.mjs";

const { forgetAll, framesOf } = await import(moduleAt("background/frames.js"));

const PAGE = "https://page.org";
const frame = (index, more = {}) => ({
  index,
  named: "",
  spoke: "",
  visible: true,
  loaded: true,
  ...more,
});

/** What is found in a tab whose documents say this, where only `may` is covered. */
async function found(reports, may = ["page.org"]) {
  const port = new FakePort();
  globalThis.chrome = {
    runtime: {},
    permissions: {
      contains: async ({ origins: [pattern] }) =>
        may.includes("*") || may.includes(pattern.split("/")[2]),
    },
    tabs: { connect: () => port },
  };
  forgetAll();
  const answer = framesOf(1);
  for (const report of reports) port.say(report);
  // What keeps silent has had its time.
  setTimeout(() => port.break(), 20);
  return await answer;
}
const top = (...frames) => ({ path: [], origin: PAGE, frames });

test("a frame that nobody speaks from is named by its element", async () => {
  const widget = frame(0, { named: "https://widget.org" });
  assert.deepEqual((await found([top(widget)])).uncovered, [
    { host: "widget.org", frames: 1, visible: true },
  ]);
});

test("a frame that speaks is covered, whatever its element names", async () => {
  const moved = frame(0, { named: "https://widget.org" });
  const inner = { path: [0], origin: PAGE, frames: [] };
  assert.deepEqual(await found([top(moved), inner]), { uncovered: [], covered: ["page.org"] });
});

test("a frame that has moved is named by the messages it sends, or by nobody", async () => {
  const moved = frame(0, { named: PAGE });
  assert.deepEqual((await found([top(moved)])).uncovered, [{ host: "", frames: 1, visible: true }]);
  const spoke = { ...moved, spoke: "https://widget.org" };
  assert.equal((await found([top(spoke)])).uncovered[0].host, "widget.org");
});

test("a frame that is still on its way to a covered site raises no alarm", async () => {
  const loading = frame(0, { named: PAGE, loaded: false });
  assert.deepEqual((await found([top(loading)])).uncovered, []);
});

test("where Fawkes may look everywhere, only what is no site keeps silent", async () => {
  const silent = [frame(0, { named: "https://widget.org" }), frame(1)];
  assert.deepEqual((await found([top(...silent)], ["*"])).uncovered, []);
  const foreign = frame(0, { named: "chrome-extension://abc" });
  assert.deepEqual((await found([top(foreign)])).uncovered, []);
});

test("frames in shadow trees are told by their sites", async () => {
  const inner = { path: [-1], origin: PAGE, frames: [] };
  const shadows = [frame(-1, { named: PAGE }), frame(-1), frame(-1, { named: "https://a.org" })];
  assert.deepEqual((await found([top(...shadows), inner])).uncovered, [
    { host: "a.org", frames: 1, visible: true },
  ]);
});

test("frames of one site are counted together, and those in sight come first", async () => {
  const frames = [
    frame(0, { named: "https://a.org", visible: false }),
    frame(1, { named: "https://b.org", visible: false }),
    frame(2, { named: "https://b.org" }),
  ];
  assert.deepEqual((await found([top(...frames)])).uncovered, [
    { host: "b.org", frames: 2, visible: true },
    { host: "a.org", frames: 1, visible: false },
  ]);
});
