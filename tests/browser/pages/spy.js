// Part of every test page.  Whatever the page can lay its hands on is hashed, whenever and
// wherever it shows up; `seen` must never hold an original.
window.seen = [];
window.handled = [];
window.inputs = () => [...document.querySelectorAll("input[type=file]")];

const looked = new WeakSet();
window.looking = 0;

async function see(file, where) {
  if (!file || looked.has(file)) return;
  looked.add(file);
  looking += 1;
  try {
    const { name, type, size, lastModified, webkitRelativePath: path } = file;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    seen.push({ where, name, type, size, lastModified, path, sha256 });
  } finally {
    looking -= 1;
  }
}

function poll(where) {
  for (const input of inputs()) {
    for (const file of input.files ?? []) see(file, where);
    for (const entry of input.webkitEntries ?? []) entry.file?.((file) => see(file, "entry"));
    if (input.form)
      for (const value of new FormData(input.form).values()) if (value.size) see(value, "form");
  }
}

setInterval(poll, 1, "interval");
const channel = new MessageChannel();
channel.port1.onmessage = () => {
  poll("message");
  setTimeout(() => channel.port2.postMessage(0), 1);
};
channel.port2.postMessage(0);

const WATCHED = ["input", "change", "drop", "paste", "submit", "click", "dragenter", "dragover"];
function spyOn(target) {
  for (const type of WATCHED) {
    target.addEventListener(
      type,
      (event) => {
        poll(type);
        for (const file of event.dataTransfer?.files ?? []) see(file, type);
        for (const file of event.clipboardData?.files ?? []) see(file, type);
      },
      true,
    );
  }
}
spyOn(window);

/** The page's own handler: it uploads what it was given. */
async function deliver(files, where) {
  const form = new FormData();
  for (const file of files) {
    see(file, where);
    form.append("photo", file);
  }
  handled.push({ where, names: Array.from(files, ({ name }) => name) });
  await fetch(`${window.home ?? ""}/upload`, { method: "POST", body: form });
}

function uploadOnChange(input) {
  input.addEventListener("change", () => {
    if (input.files.length) deliver(input.files, "change");
  });
}
