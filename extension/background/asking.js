// Questions that cannot be asked where they arise: on the page around a frame, or in a window.

/** In private windows Chromium shows no page of an extension. */
const SHOWS_PRIVATELY = chrome.runtime.getURL("").startsWith("moz-");

/**
 * A question of a content script, until it is answered or its page is gone.
 * @param {ChromePort<FawkesAsk, FawkesAskReply> & {sender: {tab: ChromeTab, frameId: number}}} port
 */
export function serveQuestion(port) {
  const { tab, frameId } = port.sender;
  /** @type {ChromePort<FawkesFrameAnswer, FawkesFrameQuestion> | null} */
  let top = null;
  let over = false;
  /** @type {Extract<FawkesAsk, {type: "ask"}> | null} */
  let asked = null;

  /**
   * @template Said
   * @param {ChromePort<never, Said> | null} to
   * @param {Said} message
   */
  const post = (to, message) => {
    try {
      to?.postMessage(message);
    } catch {
      // Its page is gone, and so is the question.
    }
  };

  function askTop() {
    /** @type {ChromePort<FawkesFrameAnswer, FawkesFrameQuestion>} */
    const mine = chrome.tabs.connect(tab.id, { frameId: 0, name: "frame" });
    top = mine;
    mine.onMessage.addListener((message) => {
      if (message.type === "here" && asked) {
        post(mine, { type: "question", question: asked.question });
        post(port, { type: "around" });
      } else if (message.type === "answer") post(port, { type: "answer", choice: message.choice });
      else if (message.type === "unseen") openWindow();
    });
    mine.onDisconnect.addListener(() => {
      void chrome.runtime.lastError; // a page without our scripts: read, or the browser complains
      if (mine === top) openWindow();
    });
  }

  async function openWindow() {
    if (over || !asked) return;
    over = true;
    leaveTop();
    const query = new URLSearchParams({ tab: `${tab.id}`, frame: `${frameId}`, id: asked.id });
    const url = chrome.runtime.getURL(`ask/ask.html?${query}`);
    try {
      if (chrome.windows)
        await chrome.windows.create({
          url,
          type: "popup",
          width: 440,
          height: 500,
          focused: true,
          incognito: tab.incognito && SHOWS_PRIVATELY,
        });
      else await chrome.tabs.create({ url }); // telephones have none
    } catch {
      over = false;
      return post(port, { type: "here" });
    }
    post(port, { type: "window" });
  }

  function leaveTop() {
    const left = top;
    top = null;
    left?.disconnect();
  }

  port.onDisconnect.addListener(() => {
    over = true;
    leaveTop();
  });
  port.onMessage.addListener((message) => {
    if (message.type === "ask" && !asked) {
      asked = message;
      if (message.surface === "window" || frameId === 0) openWindow();
      else askTop();
    } else if (message.type === "question") {
      if (asked) asked.question = message.question;
      post(top, message);
    } else if (message.type === "window") openWindow();
  });
}
