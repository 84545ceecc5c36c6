// A question in a window of the extension: no page can cover it, move it or look like it.  It is
// asked for a frame, which says what to ask and hears the answer.
import "../shared/base64.js";
import "../shared/limits.js";
import "../shared/text.js";
import "../content/roots.js";
import "../content/toast/elements.js";
import "../content/toast/sight.js";
import "../content/toast/question.js";
import "../content/toast/keeping.js";

const { base64, text, toastQuestion, keeping } =
  /** @type {Pick<FawkesContent, "base64" | "text" | "toastQuestion" | "keeping">} */ (
    globalThis.fawkes
  );
const { t } = text;

const given = new URLSearchParams(location.search);
/** @type {ChromePort<FawkesWindowQuestion, FawkesWindowAnswer>} */
const port = chrome.tabs.connect(Number(given.get("tab")), {
  frameId: Number(given.get("frame")),
  name: `window ${given.get("id")}`,
});

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @type {ReturnType<typeof toastQuestion.draw> | null} */
let drawn = null;
/** @type {File[]} */
const files = [];
/** @type {Uint8Array<ArrayBuffer>[]} */
let parts = [];
/**
 * The photo that is coming, or whether all are here; null before any is asked for.
 * @type {{name?: string, media?: string} | "all" | null}
 */
let coming = null;
/** @type {((files: File[]) => void)[]} */
const waiting = [];

text.localise(document);

/** @param {FawkesQuestion} question */
function show(question) {
  element("site").textContent = t("ask_site", question.site);
  element("photo").hidden = !question.name;
  element("name").textContent = question.name;
  const thumb = /** @type {HTMLImageElement} */ (element("thumb"));
  thumb.hidden = !question.thumb;
  if (question.thumb) thumb.src = question.thumb;
  if (drawn) return drawn.change(question);
  drawn = toastQuestion.draw(question, answer, () => {});
  element("question").append(drawn.box);
}

/** @param {string} choice @param {HTMLButtonElement} press */
async function answer(choice, press) {
  if (choice !== "save" && choice !== "copy") return leave(choice);
  press.disabled = true;
  const photos = await received();
  press.disabled = false;
  if (choice === "save") keeping.save(photos);
  else await keeping.copy(photos[0]);
  element("note").textContent = t(choice === "save" ? "toast_saved" : "toast_copied");
}

/** @param {string} choice */
function leave(choice) {
  port.postMessage({ type: "answer", choice });
  window.close();
}

/** The photos that can be saved or copied. @returns {Promise<File[]>} */
function received() {
  return new Promise((resolve) => {
    if (coming === "all") return resolve(files);
    waiting.push(resolve);
    if (!coming) port.postMessage({ type: "files" });
    coming ??= {};
  });
}

/**
 * @type {{[Type in FawkesWindowQuestion["type"]]:
 *   (message: Extract<FawkesWindowQuestion, {type: Type}>) => unknown}}
 */
const MESSAGES = {
  question: ({ question }) => show(question),
  front: () => window.focus(),
  file({ name, media }) {
    coming = { name, media };
    parts = [];
  },
  chunk: ({ data }) => parts.push(base64.fromBase64(data)),
  end() {
    const { name, media } = /** @type {{name: string, media: string}} */ (coming);
    files.push(new File(parts, name, { type: media }));
  },
  all() {
    coming = "all";
    for (const resolve of waiting.splice(0)) resolve(files);
  },
};

port.onMessage.addListener((message) => {
  if (Object.hasOwn(MESSAGES, message?.type))
    /** @type {(message: FawkesWindowQuestion) => unknown} */ (MESSAGES[message.type])(message);
});
// Answered elsewhere, or the page is gone.
port.onDisconnect.addListener(() => {
  void chrome.runtime.lastError;
  window.close();
});
