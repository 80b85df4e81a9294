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

  /** The text of the member `value` of an object; `undefined` if it has none. */
  tandem.valueIn = (text) => memberIn(text.match(TOKEN), 'value')?.join('');

  /** The texts of the elements of a member of an object, which is an array. */
  tandem.elementsIn = (text, name) => {
    const tokens = memberIn(text.match(TOKEN), name) ?? [];
    return [...elementsOf(tokens.slice(1, -1))].map((element) => element.join(''));
  };

  /** The tokens of a member of an object. @param tokens of the object */
  function memberIn(tokens, name) {
    return [...elementsOf(tokens.slice(1, -1))].find(([first]) => first === JSON.stringify(name))?.slice(2);
  }

  /** What stands between commas, none of which is within brackets. */
  function* elementsOf(tokens) {
    let depth = 0;
    let start = 0;
    for (const [i, token] of tokens.entries()) {
      if (isOpening(token)) depth++;
      if (isClosing(token)) depth--;
      if (depth > 0 || token !== ',') continue;
      yield tokens.slice(start, i);
      start = i + 1;
    }
    if (start < tokens.length) yield tokens.slice(start);
  }

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
