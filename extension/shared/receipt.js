// What a receipt says to people.
(function (fawkes) {
  "use strict";

  /** @param {number} value @param {number} digits */
  const number = (value, digits) =>
    value.toLocaleString(undefined, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });

  /** The notice of an animation, which no host cloaks. */
  const ANIMATION = "animation_untouched";

  /** The notice of a place that may show a face, and stays as it was. */
  const DOUBTFUL = "face_doubtful";

  /**
   * Mean cosines over the recognisers.  From the second on the program itself takes two faces for
   * one person's (SAME_PERSON in `engine/album.py`); the first is half of it.
   */
  const HARDLY_ALIKE = 0.25;
  const SAME_PERSON = 0.5;

  /** @param {number} alike cosine between the face as it was and as it is */
  function alikeWords(alike) {
    const percent = number(100 * Math.max(0, alike), 0);
    const key = alike <= HARDLY_ALIKE ? "low" : alike < SAME_PERSON ? "mid" : "high";
    return fawkes.text.t(`receipt_alike_${key}`, percent);
  }

  /** @param {number[]} values */
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  /**
   * How many recognisers take a decoy for the user, such as "2 of 3".
   * @param {FawkesReceipt} receipt
   */
  function takenBy({ faces }) {
    const near = Object.values(faces?.[0]?.likeness ?? {});
    const taken = near.filter((alike) => alike >= SAME_PERSON).length;
    return fawkes.text.t("receipt_of", taken, near.length);
  }

  /**
   * How many faces, in what time, and whether there may be another.
   * @param {FawkesReceipt | null} receipt
   * @param {"cloaked" | "no_face"} status
   */
  function sentence(receipt, status) {
    const said = found(receipt, status);
    if (!receipt?.notices?.includes(DOUBTFUL)) return said;
    return `${said.replace(/\.$/, "")}. ${fawkes.text.t("receipt_doubtful")}`;
  }

  /**
   * @param {FawkesReceipt | null} receipt
   * @param {"cloaked" | "no_face"} status
   */
  function found(receipt, status) {
    const { t } = fawkes.text;
    if (receipt?.notices?.includes(ANIMATION)) return t("receipt_animation");
    if (status === "no_face") return t("receipt_no_face");
    if (receipt?.level === "decoy") return t("receipt_decoy", takenBy(receipt));
    const faces = receipt?.faces?.length ?? 0;
    const seconds = number(receipt?.seconds ?? 0, 1);
    return faces === 1 ? t("receipt_one_face", seconds) : t("receipt_faces", faces, seconds);
  }

  /**
   * The lines of the receipt, as pairs of a name and a value.
   * @param {FawkesReceipt | null} receipt
   * @returns {[string, string][]}
   */
  function lines(receipt) {
    const { t } = fawkes.text;
    if (!receipt) return [];
    /** @type {[string, string][]} */
    const pairs = [[t("receipt_level"), t(`level_${receipt.level}`)]];
    const { faces = [] } = receipt;
    for (const [at, face] of faces.entries()) {
      const of = faces.length > 1 ? ` ${at + 1}` : "";
      const alike = Object.values(face.similarity ?? {});
      if (receipt.level === "decoy") pairs.push([t("receipt_taken"), takenBy(receipt)]);
      else if (alike.length > 0) pairs.push([t("receipt_alike") + of, alikeWords(mean(alike))]);
      if (typeof face.ssimulacra2 === "number")
        pairs.push([
          t("receipt_ssimulacra2") + of,
          t("receipt_ssimulacra2_value", number(face.ssimulacra2, 0)),
        ]);
      if (typeof face.dssim === "number")
        pairs.push([t("receipt_dssim") + of, t("receipt_dssim_value", number(face.dssim, 4))]);
    }
    pairs.push([t("receipt_metadata"), t(`policy_${String(receipt.policy).replace("-", "_")}`)]);
    return pairs;
  }

  /**
   * What the photo lost beside what its metadata policy plainly says; empty where it lost nothing.
   * @param {FawkesReceipt | null} receipt
   * @returns {string}
   */
  function lost(receipt) {
    const { t } = fawkes.text;
    const codes = (receipt?.notices ?? []).filter(
      (code) => code !== ANIMATION && code !== DOUBTFUL,
    );
    const gone = codes.map((code) => {
      const words = t(`notice_${code}`);
      return words === `notice_${code}` ? t("notice_unknown", code) : words;
    });
    return gone.length > 0 ? t("receipt_lost", gone.join("; ")) : "";
  }

  fawkes.receipt = Object.freeze({ sentence, lines, lost });
})(/** @type {FawkesShared} */ ((globalThis.fawkes ??= {})));
