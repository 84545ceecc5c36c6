// Where a question is asked: on the page, as long as people can see it there; else on the page
// around the frame, or in a window of the extension.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;

  /** What is asked just now, for windows that come to show it. @type {Map<string, Asked>} */
  const open = new Map();

  /**
   * @typedef {ChromePort<FawkesWindowAnswer, FawkesWindowQuestion>} Guest a window that shows it
   * @typedef {{question: FawkesQuestion, files: File[], answer: (choice: string) => void,
   *   guests: Set<Guest>, placed: (where: FawkesPlaced) => void}} Asked `placed`: it is shown
   *   elsewhere, and goes from here meanwhile: nobody is asked the same thing twice
   */

  const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

  /**
   * Asks until somebody answers or `signal` ends it, which is a "cancel".
   * @param {FawkesQuestion} question
   * @param {{mount: (box: HTMLElement) => void, signal: AbortSignal, files?: File[],
   *   deeds?: Record<string, (button: HTMLButtonElement) => void>}} options `deeds`: answers that
   *   are done at once, and after which the question stays; a window does them with `files`
   * @returns {FawkesAsking}
   */
  function ask(question, { mount, signal, files = [], deeds = {} }) {
    const id = newId();
    let settle = (/** @type {string} */ _choice) => {};
    /** @type {Promise<string>} */
    const answer = new Promise((resolve) => {
      settle = (choice) => {
        if (!open.delete(id)) return;
        stop();
        drawn.close();
        for (const guest of asked.guests) guest.disconnect();
        outside?.disconnect();
        resolve(choice);
      };
    });
    question.site = location.hostname;
    /** @type {Asked} */
    const asked = { question, files, answer: settle, guests: new Set(), placed() {} };
    open.set(id, asked);
    /** @type {ReturnType<typeof askElsewhere> | null} */
    let outside = null;
    let last = Number.NEGATIVE_INFINITY;
    const elsewhere = (/** @type {FawkesSurface} */ surface = "any") => {
      for (const guest of asked.guests) return guest.postMessage({ type: "front" });
      if (surface === "window" && Date.now() - last < limits.windowMs) return;
      if (surface === "window") last = Date.now();
      outside?.disconnect();
      outside = askElsewhere(id, asked, surface);
    };
    asked.placed = (where) => drawn.placed(where);
    const drawn = fawkes.toastQuestion.draw(
      question,
      (choice, button) => (deeds[choice] ? deeds[choice](button) : settle(choice)),
      () => elsewhere("window"),
    );
    mount(drawn.box);
    drawn.box.scrollIntoView({ block: "nearest" });
    const stop = fawkes.sight.whenUnseen(drawn.box, () => elsewhere());
    signal.addEventListener("abort", () => settle("cancel"));
    if (signal.aborted) settle("cancel");
    return {
      answer,
      change({ photos }) {
        question.photos = photos;
        drawn.change(question);
        for (const guest of asked.guests)
          guest.postMessage({ type: "question", question: abroad(question) });
        outside?.change(question);
      },
      elsewhere: () => elsewhere("window"),
      end: (choice = "cancel") => settle(choice),
    };
  }

  /**
   * Has the background find another place.  It may be stopped meanwhile, and is asked anew.
   * @param {string} id
   * @param {Asked} asked
   * @param {FawkesSurface} surface
   */
  function askElsewhere(id, asked, surface) {
    let over = false;
    /** @type {ChromePort<FawkesAskReply, FawkesAsk> | null} */
    let port = null;
    /** @type {number | undefined} */
    let timer;
    const post = (/** @type {FawkesAsk} */ message) => {
      try {
        port?.postMessage(message);
      } catch {
        // It is gone; its end is told.
      }
    };
    const connect = () => {
      if (over || fawkes.cloaking.isOrphan()) return;
      try {
        port = chrome.runtime.connect({ name: "ask" });
      } catch {
        return;
      }
      port.onMessage.addListener((message) => {
        if (message.type === "answer") take(message.choice);
        else asked.placed(message.type);
        // A window of its own comes back to this document by itself.
        if (message.type === "window") end();
      });
      port.onDisconnect.addListener(() => {
        if (over) return;
        asked.placed("here");
        setTimeout(connect, limits.resendDelayMs);
      });
      post({ type: "ask", id, surface, question: abroad(asked.question) });
    };
    const take = (/** @type {string} */ choice) => {
      // Whoever saves needs the photo: a window comes and gets it.
      if (choice === "save" || choice === "copy") post({ type: "window" });
      else if (asked.question.choices.some(({ id }) => id === choice)) asked.answer(choice);
    };
    const end = () => {
      over = true;
      clearInterval(timer);
      port?.disconnect();
    };
    connect();
    timer = setInterval(() => post({ type: "alive" }), limits.aliveMs);
    return {
      disconnect: end,
      change: (/** @type {FawkesQuestion} */ question) =>
        post({ type: "question", question: abroad(question) }),
    };
  }

  /** @param {FawkesQuestion} question */
  const abroad = (question) => ({
    ...question,
    choices: question.choices.filter(({ id }) => !fawkes.toastQuestion.LOCAL.has(id)),
  });

  // --- the other end: a window that shows a question of this document, or a frame that asks here --

  /** @param {Guest} port @param {string} id of the question */
  function receiveWindow(port, id) {
    const asked = open.get(id);
    if (!asked) return port.disconnect();
    asked.guests.add(port);
    asked.placed("window");
    port.onDisconnect.addListener(() => {
      // Closed without an answer: the photos stay back.
      if (asked.guests.delete(port)) asked.answer("cancel");
    });
    port.onMessage.addListener((message) => {
      if (message.type === "answer") {
        asked.guests.delete(port);
        asked.answer(message.choice);
      } else if (message.type === "files") sendFiles(port, asked.files);
    });
    port.postMessage({ type: "question", question: abroad(asked.question) });
  }

  /** @param {Guest} port @param {File[]} files */
  async function sendFiles(port, files) {
    for (const file of files) {
      port.postMessage({ type: "file", name: file.name, media: file.type });
      for (let at = 0; at < file.size; at += limits.chunkBytes) {
        const bytes = await file.slice(at, at + limits.chunkBytes).arrayBuffer();
        port.postMessage({ type: "chunk", data: fawkes.base64.toBase64(new Uint8Array(bytes)) });
      }
      port.postMessage({ type: "end" });
    }
    port.postMessage({ type: "all" });
  }

  /**
   * @param {ChromePort<FawkesFrameQuestion, FawkesFrameAnswer>} port of the background, for a frame
   *   in this page
   */
  function receiveFrame(port) {
    const over = new AbortController();
    port.onDisconnect.addListener(() => over.abort());
    /** @type {ReturnType<FawkesContent["toast"]["askForFrame"]> | null} */
    let line = null;
    port.onMessage.addListener(({ type, question }) => {
      if (type === "question" && line) line.change(question);
      if (type !== "question" || line) return;
      line = fawkes.toast.askForFrame(question, {
        signal: over.signal,
        answer: (choice) => port.postMessage({ type: "answer", choice }),
        doubt: () => port.postMessage({ type: "unseen" }),
      });
    });
    port.postMessage({ type: "here" });
  }

  function start() {
    chrome.runtime.onConnect.addListener((port) => {
      const [kind, id] = port.name.split(" ");
      if (kind === "window") receiveWindow(port, id);
      else if (kind === "frame" && window === window.top) receiveFrame(port);
    });
  }

  fawkes.asking = Object.freeze({ ask, start });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
