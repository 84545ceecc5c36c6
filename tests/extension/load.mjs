// Loads classic scripts of the extension the way a browser does: one after the other, into one
// global object.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const EXTENSION = new URL("../../extension/", import.meta.url);

/**
 * @param {string[]} scripts paths within the extension
 * @param {Record<string, unknown>} [globals] what the browser would provide
 * @returns {any} the namespace that the scripts share
 */
export const load = (scripts, globals = {}) => run(scripts, globals).fawkes;

/** Does as `load`, and returns the global object itself. */
export function run(scripts, globals = {}) {
  const context = vm.createContext({
    URL,
    TextDecoder,
    setTimeout,
    clearTimeout,
    console,
    ...globals,
  });
  context.globalThis = context;
  for (const script of scripts) {
    const path = fileURLToPath(new URL(script, EXTENSION));
    vm.runInContext(readFileSync(path, "utf8"), context, { filename: path });
  }
  return context;
}

/** Where `import()` finds a module of the extension. */
export const moduleAt = (path) => new URL(path, EXTENSION).href;

/** Values from another context have other prototypes; this compares what is in them. */
export const plain = (value) => JSON.parse(JSON.stringify(value));
