// The messages of the native port; host/PROTOCOL.md explains them.  A test holds them to
// `protocol/messages.py`: the same fields, of the same types.  What a host may leave out, or an
// older one does not know, is optional here.

type FawkesEngineState = "cold" | "warming" | "ready";

interface FawkesHostLimits {
  photo_bytes?: number;
  chunk_bytes?: number;
  frame_bytes?: number;
  window_chunks?: number;
  deadline_s?: number;
}

// --- both ways -----------------------------------------------------------------------------------

interface FawkesChunkMessage {
  type: "chunk";
  id: string;
  index: number;
  /** Base64. */
  data: string;
}

interface FawkesEndMessage {
  type: "end";
  id: string;
}

// --- extension to host ---------------------------------------------------------------------------

interface FawkesClientHelloMessage {
  type: "hello";
  protocol: number;
  wake?: boolean;
}

interface FawkesCloakMessage {
  type: "cloak";
  id: string;
  size: number;
  sha256: string;
  level?: Exclude<FawkesSiteLevel, "off">;
  policy?: FawkesPolicy;
  accept?: string[];
  more?: number;
  private?: boolean;
  deadline_s?: number;
}

interface FawkesCancelMessage {
  type: "cancel";
  id: string;
}

interface FawkesDoctorRequestMessage {
  type: "doctor";
}

type FawkesToHost =
  | FawkesClientHelloMessage
  | FawkesCloakMessage
  | FawkesChunkMessage
  | FawkesEndMessage
  | FawkesCancelMessage
  | FawkesDoctorRequestMessage;

// --- host to extension ---------------------------------------------------------------------------

interface FawkesHostHelloMessage {
  type: "hello";
  protocol: number;
  version: string;
  engine: FawkesEngineState;
  devices?: string[];
  /** The code of an error. */
  problem?: string | null;
  levels?: string[];
  policies?: string[];
  limits?: FawkesHostLimits;
}

interface FawkesEngineNewsMessage {
  type: "engine";
  engine: FawkesEngineState;
  devices?: string[];
  problem?: string | null;
}

interface FawkesAckMessage {
  type: "ack";
  id: string;
  index: number;
}

interface FawkesProgressMessage {
  type: "progress";
  id: string;
  stage: string;
  fraction: number;
  faces?: number;
}

interface FawkesFace {
  box: [number, number, number, number];
  ssimulacra2?: number | null;
  /** Mean, and 99th percentile; with `ssimulacra2` they are what a level bounds. */
  flip?: number | null;
  delta_e?: number | null;
  dssim?: number | null;
  psnr?: number | null;
  linf?: number | null;
  seconds?: number | null;
  similarity?: Record<string, number>;
  other_photos?: number;
  /** Of a decoy: cosine to the person whom it is to be taken for. */
  likeness?: Record<string, number>;
}

/** What the engine says about one photo. */
interface FawkesReceipt {
  level: FawkesSiteLevel;
  policy: FawkesPolicy;
  seconds: number;
  engine: string;
  faces?: FawkesFace[];
  /** Codes of what the photo lost. */
  notices?: string[];
}

interface FawkesResultMessage {
  type: "result";
  id: string;
  status: "cloaked" | "no_face";
  size: number;
  sha256: string;
  receipt: FawkesReceipt;
  cached?: boolean;
}

/** One thing that the program has looked at. */
interface FawkesCheckState {
  check: string;
  /** `ok`, `warning` or `broken`. */
  state: string;
}

interface FawkesDoctorMessage {
  type: "doctor";
  checks: FawkesCheckState[];
}

interface FawkesErrorMessage {
  type: "error";
  code: string;
  parameters?: Record<string, string | number>;
  /** None where it is about no photo. */
  id?: string | null;
}

type FawkesFromHost =
  | FawkesHostHelloMessage
  | FawkesEngineNewsMessage
  | FawkesAckMessage
  | FawkesProgressMessage
  | FawkesResultMessage
  | FawkesChunkMessage
  | FawkesEndMessage
  | FawkesDoctorMessage
  | FawkesErrorMessage;
