// What crosses the bus between a content script and the page's own world: by kind, the nodes that
// it is about and the data that goes with them.  Nodes are what their sender says: whoever acts on
// one looks first.

/** A picture, or a file, that crosses: a file input in no document. */
type FawkesParcel = HTMLInputElement;

/** What dropped folders hold: a tree whose leaves number the files. */
interface FawkesDropped {
  name: string;
  index?: number;
  children?: FawkesDropped[];
}

/** Where the pointer was, and which keys were held. */
type FawkesPointer = Pick<
  DragEvent,
  "clientX" | "clientY" | "screenX" | "screenY" | "ctrlKey" | "shiftKey" | "altKey" | "metaKey"
>;

/** Content script → main world. */
interface FawkesBusTold {
  /** A call of the page's is answered; what it gets is in the parcel. */
  answer: [[FawkesParcel], { ok: boolean }];
  /** The paths of an input's files within the folder that was chosen. */
  paths: [[HTMLInputElement], string[]];
  drag: [
    [Element],
    { type: "dragenter" | "dragover" | "dragleave"; init: FawkesPointer; types: string[] },
  ];
  drop: [[Element, ...FawkesParcel[]], FawkesBusDrop];
  paste: [[Node, ...FawkesParcel[]], { strings: [string, string][]; number: number }];
  beforeinput: [
    [Node, ...FawkesParcel[]],
    { inputType: string; strings: [string, string][]; data: string | null },
  ];
  /** A document in whose window no script runs. */
  unscripted: [Node[], null];
}

interface FawkesBusDrop {
  init: FawkesPointer;
  strings: [string, string][];
  /** What was dropped, where folders were. */
  tops: FawkesDropped[] | null;
  paths: string[];
  /** By which the page's side says that the page has looked into it; of pastes too. */
  number: number;
}

/** Main world → content script, which answers on return. */
interface FawkesBusAsked extends FawkesBusShared {
  /** A file that the page has asked for; `accept` as an input's attribute says it. */
  cloak: [[FawkesParcel], string];
  flavour: [[FawkesParcel], null];
  sniff: [[FawkesParcel], null];
  /** Whether there are pictures in a text. */
  text: [[], string];
  /** Whether anybody is there. */
  alive: [[], null];
  /** Whether handles are to be guarded. */
  guard: [[], null];
  /** The page looks into a drop or paste. */
  looked: [[], number];
  /** A document that the page has reached. */
  reached: [[Document], null];
}

/** Asked by the main world, or by content scripts of other windows. */
interface FawkesBusShared {
  /** An input is about to be read. */
  read: [[Node], null];
  /** The page has put files of its own into an input. */
  own: [[Node], null];
  /** The page has emptied an input. */
  emptied: [[Node], null];
  /** A selection in an input was heard of. */
  select: [[Node], null];
  /** A picker may open for an input in this tree. */
  watch: [[Node], null];
  /** A form is submitted without an event. */
  submit: [[Node], null];
  /** A document was opened anew. */
  erased: [[Document], null];
}

/** Content scripts of other windows → content script. */
interface FawkesBusOthers extends FawkesBusShared {
  here: [Node[], null];
  unscripted: [Node[], null];
}

/** Hears one kind; true: taken over. */
type FawkesBusListener<Told extends [Node[], unknown]> = (
  nodes: Told[0],
  data: Told[1],
  // biome-ignore lint/suspicious/noConfusingVoidType: most say nothing
) => boolean | void;
