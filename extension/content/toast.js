// What people see on the page: one toast, a line for each photo.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;
  const { t, errorText } = fawkes.text;

  /** Needed when the extension is gone and has left this script behind. */
  const LAST_WORDS = [
    "error_extension_reloaded",
    "toast_asking",
    "toast_again",
    "toast_original",
    "toast_give_up",
    "toast_close",
    "toast_waiting",
    "toast_cancel",
    "toast_failed",
  ];

  /**
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag
   * @param {string} className
   * @param {string} text
   * @returns {HTMLElementTagNameMap[K]}
   */
  function make(tag, className = "", text = "") {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  }

  function drawing(paths) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    for (const attributes of paths) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      for (const [name, value] of Object.entries(attributes)) path.setAttribute(name, value);
      svg.append(path);
    }
    return svg;
  }

  const stroke = {
    fill: "none",
    stroke: "currentColor",
    "stroke-width": "2",
    "stroke-linecap": "round",
  };
  const cross = () => drawing([{ ...stroke, d: "M6 6l12 12M18 6L6 18" }]);
  const picture = () => drawing([{ ...stroke, d: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4" }]);
  const mark = () =>
    drawing([
      {
        fill: "#0f766e",
        d: "M7 1h10a6 6 0 0 1 6 6v10a6 6 0 0 1-6 6H7a6 6 0 0 1-6-6V7a6 6 0 0 1 6-6z",
      },
      { fill: "#5eead4", d: "M14.5 4c3.5 0 5.5 3.2 5.5 7.500S17.5 20.5 14.5 20.500z" },
      { fill: "#ffffff", d: "M10.5 4C6.5 4 4.5 7.2 4.5 11.500s2.5 9 6 9 6-4.5 6-9S14.5 4 10.5 4z" },
      { ...stroke, stroke: "#0f766e", d: "M7.7 10.500h.6M12.7 10.500h.6M8 15.500q2.5 1.8 5 0" },
    ]);

  function button(text, className, action) {
    const element = make("button", className, text);
    element.type = "button";
    element.addEventListener("click", (event) => {
      // A page cannot press it: the root is closed, and its clicks would not be trusted.
      if (event.isTrusted) action();
    });
    return element;
  }

  /** @type {{host: HTMLElement, card: HTMLElement, list: HTMLElement, title: HTMLElement} | null} */
  let card = null;
  const lines = new Set();

  function open() {
    if (card?.host.isConnected) return card;
    const host = make("div");
    const root = host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(fawkes.toastStyle);
    root.adoptedStyleSheets = [sheet];
    const frame = make("section", "card");
    frame.setAttribute("aria-label", "Fawkes");
    const header = make("header");
    const title = make("h2");
    const close = button("", "icon", () => {
      for (const line of [...lines]) line.close();
    });
    close.setAttribute("aria-label", t("toast_close"));
    close.append(cross());
    header.append(mark(), title, close);
    const list = make("ul");
    frame.append(header, list);
    root.append(frame);
    for (const type of ["pointerenter", "focusin"]) frame.addEventListener(type, stay);
    for (const type of ["pointerleave", "focusout"]) frame.addEventListener(type, leave);
    card = { host, card: frame, list, title };
    show(host);
    return card;
  }

  /** A modal dialog makes all else inert, so the toast goes into it; the top layer does the rest. */
  function show(host) {
    const dialogs = document.querySelectorAll("dialog:modal");
    (dialogs[dialogs.length - 1] ?? document.fullscreenElement ?? document.documentElement).append(
      host,
    );
    try {
      host.popover = "manual";
      host.showPopover();
    } catch {
      // No top layer: the highest z-index will do.
    }
  }

  let timer;
  let held = false;

  function stay() {
    held = true;
    clearTimeout(timer);
  }

  function leave() {
    held = false;
    rest();
  }

  /** When every line has ended well, the toast goes by itself. */
  function rest() {
    clearTimeout(timer);
    retitle();
    if (held || [...lines].some((line) => !line.hasEnded())) return;
    timer = setTimeout(() => {
      for (const line of [...lines]) line.remove();
    }, limits.toastDoneMs);
  }

  function retitle() {
    if (!card) return;
    const all = [...lines];
    const asking = all.filter((line) => line.isAsking()).length;
    const working = all.filter((line) => !line.hasEnded()).length;
    const title = asking > 0 ? "toast_asking" : working > 0 ? "toast_working" : "toast_done";
    card.title.textContent = t(title);
  }

  function lineOf(file) {
    const { list } = open();
    const row = make("li");
    const thumb = make("div", "thumb");
    const canvas = make("canvas");
    canvas.setAttribute("aria-hidden", "true");
    thumb.append(picture());
    const name = make("div", "name", file.name);
    name.title = file.name;
    const state = make("div", "state", t("toast_waiting"));
    state.setAttribute("role", "status");
    const bar = make("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    let cancelled = false;
    let ended = false;
    let asking = null;
    let cancelListener = () => {};
    const give = () => {
      cancelled = true;
      cancelListener();
    };
    const cancel = button(t("toast_cancel"), "plain", give);
    row.append(thumb, name, cancel, state, bar);
    list.append(row);
    fawkes.preview.thumbnail(canvas, file).then((drawn) => {
      if (drawn) thumb.replaceChildren(canvas);
    });

    const line = {
      hasEnded: () => ended,
      isAsking: () => asking !== null,
      isCancelled: () => cancelled,
      onCancel(listener) {
        cancelListener = listener;
      },

      progress({ stage, fraction, faces }) {
        bar.value = fraction;
        const key = `stage_${stage}`;
        const text = t(key);
        const words = text === key ? t("stage_working") : text;
        const seen = faces > 1 ? `${words} · ${t("toast_faces", faces)}` : words;
        // Screen readers speak each change: only the stage is one.
        if (state.textContent !== seen) state.textContent = seen;
      },

      async done({ status, receipt, original, cloaked }) {
        end("done");
        state.textContent = fawkes.receipt.sentence(receipt, status);
        const lost = fawkes.receipt.lost(receipt);
        if (lost) row.append(make("p", "lost", lost));
        if (status !== "cloaked") return;
        const more = make("div", "more");
        const details = make("details");
        details.append(make("summary", "", t("toast_receipt")));
        const pairs = make("dl");
        for (const [term, value] of fawkes.receipt.lines(receipt))
          pairs.append(make("dt", "", term), make("dd", "", value));
        details.append(pairs);
        const tools = make("div", "row");
        const compare = button(t("toast_compare"), "", async () => {
          compare.disabled = true;
          const preview = await fawkes.preview.compare(original, cloaked);
          compare.hidden = true;
          if (preview) more.prepend(preview);
          preview?.focus();
        });
        tools.append(details, compare);
        more.append(tools);
        row.append(more);
      },

      cancelled() {
        line.remove();
      },

      /**
       * The question that keeps the original back.
       * @returns {Promise<"again" | "original" | "cancel">}
       */
      ask(fault, { original, signal }) {
        row.classList.add("failed");
        cancel.hidden = bar.hidden = true;
        state.textContent = t("toast_failed");
        const box = make("div", "question");
        box.setAttribute("role", "alert");
        box.append(make("p", "", errorText(fault)));
        return new Promise((resolve) => {
          const answer = (choice) => {
            asking = null;
            box.remove();
            row.classList.remove("failed");
            cancel.hidden = bar.hidden = false;
            bar.value = 0;
            state.textContent = t("toast_waiting");
            if (choice !== "again") end("");
            if (choice === "original") state.textContent = t("toast_went_original");
            if (choice === "cancel") line.remove();
            rest();
            resolve(choice);
          };
          asking = answer;
          const orphan = fault.code === "extension_reloaded";
          if (!orphan) box.append(button(t("toast_again"), "main", () => answer("again")));
          if (original && !orphan) {
            const upload = button(t("toast_original"), "", () => answer("original"));
            // It appears where a click may be on its way already.
            upload.disabled = true;
            setTimeout(() => (upload.disabled = false), limits.armMs);
            box.append(upload);
          }
          box.append(button(t("toast_give_up"), "plain", () => answer("cancel")));
          row.append(box);
          signal.addEventListener("abort", () => asking === answer && answer("cancel"));
          open();
          rest();
        });
      },

      /** The cross: what is under way is given up, what has ended goes. */
      close() {
        if (asking) asking("cancel");
        else if (!ended) give();
        line.remove();
      },

      remove() {
        ended = true;
        row.remove();
        lines.delete(line);
        if (lines.size === 0) {
          card?.host.remove();
          card = null;
          held = false;
        } else rest();
      },
    };

    function end(className) {
      ended = true;
      row.classList.toggle("done", className === "done");
      cancel.hidden = bar.hidden = true;
      rest();
    }

    lines.add(line);
    return line;
  }

  /**
   * Firefox ends the scripts of an extension that is replaced, but not what they have drawn: this
   * takes it away.  (Elsewhere they live on, and answer for their toast themselves.)
   */
  function sweep() {
    for (const host of document.querySelectorAll("div[popover=manual]")) {
      const root = host.openOrClosedShadowRoot;
      if (root?.querySelector("section.card[aria-label=Fawkes]")) host.remove();
    }
  }

  fawkes.toast = Object.freeze({
    LAST_WORDS,
    sweep,
    /**
     * @param {File[]} files
     */
    open(files) {
      const opened = files.map(lineOf);
      rest();
      return { lines: opened, finish: rest };
    },
  });
})((globalThis.fawkes ??= {}));
