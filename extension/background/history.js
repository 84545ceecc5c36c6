// What the popup counts and remembers: numbers on disk, the last photos in memory only.
import "../shared/limits.js";

const { limits } = /** @type {FawkesShared} */ (globalThis.fawkes);

/** @returns {string} the local day as YYYY-MM-DD */
export function dayOf(time = new Date()) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/**
 * @param {{day?: string, today?: number, total?: number} | undefined} counts
 * @param {string} day
 * @returns {{day: string, today: number, total: number}} with one photo more
 */
export function counted(counts, day) {
  const today = counts?.day === day ? (counts.today ?? 0) : 0;
  return { day, today: today + 1, total: (counts?.total ?? 0) + 1 };
}

let writing = Promise.resolve();

/**
 * Remembers a photo that ended.
 * @param {FawkesRecent} recent
 */
export function remember(recent) {
  writing = writing.then(async () => {
    const { recents = [] } = await chrome.storage.session.get("recents");
    await chrome.storage.session.set({
      recents: [recent, ...recents].slice(0, limits.recentPhotos),
    });
    if (recent.status !== "cloaked") return;
    const { counts } = await chrome.storage.local.get("counts");
    await chrome.storage.local.set({ counts: counted(counts, dayOf()) });
  });
  writing = writing.catch(() => {});
  return writing;
}

/** @returns {Promise<{recents: FawkesRecent[], today: number, total: number}>} */
export async function history() {
  const { recents = [] } = await chrome.storage.session.get("recents");
  const { counts } = await chrome.storage.local.get("counts");
  return {
    recents,
    today: counts?.day === dayOf() ? counts.today : 0,
    total: counts?.total ?? 0,
  };
}
