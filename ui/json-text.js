// JSON as text. It is indented and coloured without being parsed, so that numbers beyond double precision, which
// Tandem keeps, are shown as they came.
(() => {
  const { tandem } = window;
  const { el } = tandem;
  const TOKEN = /"(?:\\.|[^"\\])*"|[[\]{},:]|[^\s[\]{},:"]+/g;

  tandem.isJson = (text) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  /** Text or elements, for `append`: indented if it is JSON, else as it is. */
  tandem.prettyJson = (text) => (tandem.isJson(text) ? [...indented(text.match(TOKEN))] : [text]);

  /** The text of the member `value` of an object. */
  tandem.valueIn = (text) => {
    const tokens = text.match(TOKEN);
    let depth = 0;
    let start;
    for (const [i, token] of tokens.entries()) {
      if (isOpening(token)) depth++;
      if (isClosing(token)) depth--;
      if (start !== undefined && (depth === 0 || (depth === 1 && token === ',')))
        return tokens.slice(start, i).join('');
      if (start === undefined && depth === 1 && token === '"value"' && tokens[i + 1] === ':') start = i + 2;
    }
  };

  function* indented(tokens) {
    let depth = 0;
    const line = () => `\n${'  '.repeat(depth)}`;
    for (const [i, token] of tokens.entries()) {
      if (token === '{' || token === '[') {
        depth++;
        yield isClosing(tokens[i + 1]) ? token : token + line();
      } else if (isClosing(token)) {
        depth--;
        yield isOpening(tokens[i - 1]) ? token : line() + token;
      } else if (token === ',') yield token + line();
      else if (token === ':') yield ': ';
      else yield el('span', { class: kindOf(token, tokens[i + 1]) }, token);
    }
  }

  const isOpening = (token) => token === '{' || token === '[';
  const isClosing = (token) => token === '}' || token === ']';

  function kindOf(token, next) {
    if (!token.startsWith('"')) return 'json-literal';
    return next === ':' ? 'json-name' : 'json-string';
  }
})();
