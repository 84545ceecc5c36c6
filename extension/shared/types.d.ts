// Shapes that cross a border between two worlds of the extension.

type FawkesLevel = "off" | "low" | "mid" | "high";
/** What holds on a site: a level, or photos of others that become decoys of the user. */
type FawkesSiteLevel = FawkesLevel | "decoy";
type FawkesRule = "on" | FawkesSiteLevel;
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
  /** What a switch of the popup goes back to. */
  sitesBefore: Readonly<Record<string, FawkesRule>>;
}

interface FawkesFault {
  code: string;
  parameters?: Record<string, string | number>;
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
  | { type: "progress"; stage: string; fraction: number; faces?: number }
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

/** The ways in which a document takes photos, counted. */
interface FawkesWays {
  /** Each input's `accept`, and what else it takes. */
  inputs: string[];
  editors: number;
  frames: number;
  shadows: number;
  /** The document's media type. */
  type: string;
}

/** One line of "last photos"; kept in `storage.session`, gone when the browser is closed. */
interface FawkesRecent {
  name: string;
  time: number;
  status: "cloaked" | "no_face" | "failed";
  receipt: FawkesReceipt | null;
  fault: FawkesFault | null;
}

/** What `storage.local` holds. */
interface FawkesLocal {
  /** As it was written, by whatever version: `settings.parse` reads it. */
  settings: unknown;
  counts: FawkesCounts;
}

/** What `storage.session` holds, until the browser is closed. */
interface FawkesSession {
  host: FawkesHost;
  recents: FawkesRecent[];
  /** The scripts have been brought into the tabs that were open. */
  entered: boolean;
}

/** Photos that were cloaked; `today` is those of `day`, YYYY-MM-DD. */
interface FawkesCounts {
  day: string;
  today: number;
  total: number;
}

/** What pages of the extension may ask the background: what goes with it, and the answer. */
interface FawkesRequests {
  look: [unknown, FawkesHost];
  // biome-ignore lint/suspicious/noConfusingVoidType: there is nothing to answer
  wake: [unknown, void];
  // biome-ignore lint/suspicious/noConfusingVoidType: there is nothing to answer
  setUp: [unknown, void];
  history: [unknown, { recents: FawkesRecent[]; today: number; total: number }];
  frames: [{ tab: number }, FawkesFrames];
  /** null where the program does not say. */
  doctor: [unknown, FawkesCheckState[] | null];
}

/** What content scripts may tell the background; of questions, that they begin and end. */
type FawkesNews = "wake" | "setUp" | "asking" | "answered" | "frames";

/** Content script → background, over a port named `ask`. */
type FawkesAsk =
  | { type: "ask"; id: string; surface: FawkesSurface; question: FawkesQuestion }
  | { type: "question"; question: FawkesQuestion }
  | { type: "window" }
  /** Keeps the background from being stopped. */
  | { type: "alive" };

/** Where a question may be asked that nobody can see where it is. */
type FawkesSurface = "any" | "window";

/** Background → content script, over the same port; `window`: it has opened one. */
type FawkesAskReply =
  | { type: "answer"; choice: string }
  /** Where it is shown now. */
  | { type: "here" | "around" | "window" };

/** Background → content script of the page around a frame, over a port named `frame`. */
type FawkesFrameQuestion = { type: "question"; question: FawkesQuestion };

/** Content script of the page around a frame → background; `unseen`: not there either. */
type FawkesFrameAnswer = { type: "here" } | { type: "unseen" } | { type: "answer"; choice: string };

/** Content script → window of the extension, over a port named `window` and the question's id. */
type FawkesWindowQuestion =
  | { type: "question"; question: FawkesQuestion }
  /** The question is asked again: the window comes to the front. */
  | { type: "front" }
  /** The photos, one after the other: each is announced, sent in chunks, ended. */
  | { type: "file"; name: string; media: string }
  | { type: "chunk"; data: string }
  | { type: "end" }
  | { type: "all" };

/** Window of the extension → content script. */
type FawkesWindowAnswer = { type: "answer"; choice: string } | { type: "files" };
