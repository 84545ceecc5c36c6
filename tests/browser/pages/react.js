// React comes without a build for pages, so this is the bundler.

/** React's modules by their names. */
async function loadReact() {
  const modules = {};
  const load = async (name, path) => {
    const module = { exports: {} };
    const text = await (await fetch(`/npm/${path}.production.js`)).text();
    const run = new Function("module", "exports", "require", text);
    run(module, module.exports, (wanted) => modules[wanted]);
    modules[name] = module.exports;
  };
  await load("react", "react/cjs/react");
  await load("scheduler", "scheduler/cjs/scheduler");
  await load("react-dom", "react-dom/cjs/react-dom");
  await load("react-dom/client", "react-dom/cjs/react-dom-client");
  return modules;
}
