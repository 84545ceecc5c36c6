import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleAt } from "./load.mjs";

const { registerScripts } = await import(moduleAt("background/sites.js"));

test("scripts are registered by paths, also where the manifest is given with addresses", async () => {
  const base = "moz-extension://id/";
  for (const prefix of ["", base]) {
    const registered = [];
    globalThis.chrome = {
      runtime: {
        getURL: (path) => base + path,
        getManifest: () => ({
          content_scripts: [
            { matches: ["*://*.own.org/*"], js: [`${prefix}a/hooks.js`] },
            { matches: ["*://*.own.org/*"], js: [`${prefix}a/content.js`] },
          ],
        }),
      },
      permissions: { getAll: async () => ({ origins: ["*://*.own.org/*", "*://*.other.org/*"] }) },
      scripting: {
        getRegisteredContentScripts: async () => [],
        registerContentScripts: async (scripts) => registered.push(...scripts),
      },
    };
    await registerScripts();
    assert.deepEqual(
      registered.map(({ js, matches, world }) => ({ js, matches, world })),
      [
        { js: ["a/hooks.js"], matches: ["*://*.other.org/*"], world: "MAIN" },
        { js: ["a/content.js"], matches: ["*://*.other.org/*"], world: undefined },
      ],
    );
  }
});
