// Shapes that cross a border between two worlds of the extension.

type FawkesLevel = "off" | "low" | "mid" | "high";
type FawkesRule = "on" | FawkesLevel;
type FawkesPolicy = "strip-location" | "keep" | "strip";

interface FawkesSettings {
  readonly version: 1;
  level: FawkesLevel;
  /** What "on again" goes back to. */
  levelBeforeOff: Exclude<FawkesLevel, "off">;
  policy: FawkesPolicy;
  /** Whether a photo may go up as it is when there is no host to cloak it. */
  hostMissing: "ask" | "block";
  /** A rule by host name; "on" follows the general level. */
  sites: Readonly<Record<string, FawkesRule>>;
}

interface FawkesFault {
  code: string;
  parameters?: Record<string, string | number>;
}

interface FawkesFace {
  box: [number, number, number, number];
  ssimulacra2: number | null;
  /** Mean, and 99th percentile; with `ssimulacra2` they are what a level bounds. */
  flip?: number | null;
  delta_e?: number | null;
  dssim: number | null;
  psnr: number | null;
  linf: number | null;
  seconds: number | null;
  similarity: Record<string, number>;
  /** Older hosts send none. */
  other_photos?: number;
}

/** What the engine says about one photo; host/PROTOCOL.md, `result`. */
interface FawkesReceipt {
  level: FawkesLevel;
  policy: FawkesPolicy;
  seconds: number;
  engine: string;
  faces: FawkesFace[];
  /** Codes of what the photo lost; older hosts send none. */
  notices?: string[];
}

/** Content script → background, over one port named `photo` for each photo. */
type FawkesPhotoRequest =
  | {
      type: "begin";
      name: string;
      size: number;
      accept?: string[];
      more?: number;
      /** Where the browser clones messages; then nothing else follows. */
      file?: Blob;
    }
  | { type: "chunk"; data: string }
  | { type: "end" };

/** Background → content script, over the same port. */
type FawkesPhotoReply =
  | { type: "progress"; stage: string; fraction: number; faces: number }
  /** No file came through: it is to be sent in chunks. */
  | { type: "send" }
  | { type: "result"; status: "cloaked" | "no_face"; receipt: FawkesReceipt; file?: Blob }
  | { type: "chunk"; data: string }
  | { type: "end" }
  | ({ type: "error" } & FawkesFault);

/** A frame as the document around it sees it. */
interface FawkesFrame {
  /** Among the frames of its document; -1 in a shadow tree. */
  index: number;
  /** The origin that its element names, "" where it is the document's own. */
  named: string;
  /** The origin it last sent a message from. */
  spoke: string;
  visible: boolean;
  loaded: boolean;
}

/** Content script → background, over a port named `frames`. */
interface FawkesFrameReport {
  /** From the top, by the indices of frames. */
  path: number[];
  origin: string;
  frames: FawkesFrame[];
}

/** What is known of the frames of a tab. */
interface FawkesFrames {
  /** `host` is "" where nobody can tell. */
  uncovered: { host: string; frames: number; visible: boolean }[];
  /** Hosts of the frames, other than the tab's own document, that are covered. */
  covered: string[];
}

/** What people can answer; `careful`: only where it is certain what they saw. */
interface FawkesChoice {
  id: string;
  label: string;
  look: "main" | "" | "plain";
  careful?: boolean;
}

/** A question as it goes to other frames and windows, in words. */
interface FawkesQuestion {
  sentence: string;
  /** About how many photos; empty for one. */
  photos: string;
  choices: FawkesChoice[];
  name: string;
  /** A small picture as a `data:` address, or nothing. */
  thumb: string;
  /** The host that the photo was for. */
  site: string;
}

type FawkesHostState = "unknown" | "cold" | "warming" | "ready" | "missing" | "outdated" | "broken";

/** What the background knows of the host; kept in `storage.session` for popup and welcome page. */
interface FawkesHost {
  state: FawkesHostState;
  version: string;
  devices: string[];
  fault: FawkesFault | null;
}

/** One line of "last photos"; kept in `storage.session`, gone when the browser is closed. */
interface FawkesRecent {
  name: string;
  time: number;
  status: "cloaked" | "no_face" | "failed";
  receipt: FawkesReceipt | null;
  fault: FawkesFault | null;
}

declare var fawkes: any;
declare var fawkesMainWorld: any;
declare var chrome: any;

interface Element {
  /** Firefox, for content scripts only. */
  readonly openOrClosedShadowRoot?: ShadowRoot | null;
}

interface Uint8Array<TArrayBuffer extends ArrayBufferLike> {
  toBase64?(): string;
}

interface Uint8ArrayConstructor {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}
