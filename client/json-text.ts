// A value that is sent as the text that somebody has, and not as what JavaScript makes of it.

/** The JSON of a value, in place of the value: numbers that no double holds, and the order of members, reach the node as they are. */
export class JsonText {
  readonly text: string;

  /** @throws SyntaxError for what is no JSON */
  constructor(text: string) {
    JSON.parse(text);
    this.text = text;
  }
}
