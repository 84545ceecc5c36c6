import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./load.mjs";

function stored(first) {
  const kept = first === undefined ? {} : { settings: first };
  const chrome = {
    storage: {
      local: {
        get: async () => structuredClone(kept),
        set: async (values) => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          Object.assign(kept, structuredClone(plain(values)));
        },
      },
      onChanged: { addListener() {} },
    },
  };
  return { settings: load(["shared/settings.js"], { chrome }).settings, kept };
}

test("nothing stored is the defaults", async () => {
  const { settings } = stored(undefined);
  assert.deepEqual(plain(await settings.load()), plain(settings.DEFAULTS));
});

test("what is not understood becomes the default, the rest is kept", () => {
  const { settings } = stored(undefined);
  const parsed = settings.parse({
    level: "extreme",
    policy: "strip",
    hostMissing: 7,
    sites: { "example.org": "off", "not a host": "off", "a.b": "sometimes", "[::1]": "low" },
    extra: "gone",
  });
  assert.deepEqual(plain(parsed), {
    ...plain(settings.DEFAULTS),
    policy: "strip",
    sites: { "example.org": "off", "[::1]": "low" },
  });
});

test("anything at all can be parsed", () => {
  const { settings } = stored(undefined);
  for (const value of [null, undefined, 0, "x", [], () => 0, { sites: null }, { sites: "x" }])
    assert.deepEqual(plain(settings.parse(value)), plain(settings.DEFAULTS));
});

test("changes made at once are all kept", async () => {
  const { settings, kept } = stored(undefined);
  await Promise.all([
    settings.update(() => ({ level: "high" })),
    settings.update(() => ({ policy: "keep" })),
    settings.update(({ sites }) => ({ sites: { ...sites, "example.org": "off" } })),
  ]);
  assert.equal(kept.settings.level, "high");
  assert.equal(kept.settings.policy, "keep");
  assert.deepEqual(kept.settings.sites, { "example.org": "off" });
});

test("off remembers what on was", async () => {
  const { settings } = stored({ level: "high" });
  await settings.update(() => ({ level: "high" }));
  const off = await settings.update(() => ({ level: "off" }));
  assert.equal(off.levelBeforeOff, "high");
});
