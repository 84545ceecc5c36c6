// How much one tab may have under way.  Content scripts keep to far less; a page that has broken
// into its own process could speak in their name, and fill the background's memory.
import "../shared/limits.js";

const { limits } = /** @type {FawkesShared} */ (globalThis.fawkes);

/** @type {Map<number, {photos: number, bytes: number}>} by tab */
const used = new Map();

/**
 * Takes room for one photo.
 * @param {number} tabId
 * @param {number} bytes
 * @returns {{isFree: boolean, photos: number, release: () => void}} `photos` that are under way
 */
export function claim(tabId, bytes) {
  const before = used.get(tabId) ?? { photos: 0, bytes: 0 };
  const { photos } = before;
  const isFree = photos < limits.photosOfTab && before.bytes + bytes <= limits.bytesOfTab;
  if (!isFree) return { isFree, photos, release() {} };
  used.set(tabId, { photos: photos + 1, bytes: before.bytes + bytes });
  const release = () => {
    const now = used.get(tabId);
    if (!now) return;
    if (now.photos === 1) used.delete(tabId);
    else used.set(tabId, { photos: now.photos - 1, bytes: now.bytes - bytes });
  };
  return { isFree, photos, release };
}
