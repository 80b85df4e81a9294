// The field for the token. It is there once a node wants a token, and as long as there is one.
(() => {
  const { tandem } = window;
  const { byId, setText, token } = tandem;
  const form = byId('token-form');
  const field = byId('token');
  const hint = byId('token-hint');
  const recipients = byId('token-recipients');

  /** RFC 6750, 2.1. */
  const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

  /** @param onTaken called when a token is to be used from now on, or none */
  tandem.tokenField = (onTaken) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      take();
    });
    field.addEventListener('change', take);
    field.addEventListener('input', () => field.setCustomValidity(''));
    token.onHeard = show;
    field.value = token.get();
    setText(recipients, recipientsText(Object.values(tandem.nodes)));
    show();

    function take() {
      const text = field.value.trim();
      field.setCustomValidity(
        text === '' || TOKEN.test(text) ? '' : 'Only the token itself: letters, digits, and any of -._~+/ (RFC 6750).',
      );
      if (!form.reportValidity()) return;
      token.set(text);
      onTaken();
    }
  };

  function show() {
    const text = hintText(token.get() !== '');
    const isUsed = document.activeElement === field;
    form.hidden = text === '' && token.get() === '' && !isUsed;
    hint.hidden = text === '';
    recipients.hidden = text === '';
    if (setText(hint, text) && text !== '') tandem.announce(`${text} ${recipients.textContent}`);
  }

  /** Both get the token, whichever wants it. Where their addresses come from is said, because anybody can make a link. */
  function recipientsText(nodes) {
    const whole = `A token that you enter goes to ${hostsOf(nodes)}.`;
    const linked = nodes.filter(({ isFromLink }) => isFromLink);
    if (linked.length === 0) return whole;
    const [are, these] = linked.length === 1 ? ['is', 'this address'] : ['are', 'these addresses'];
    return `${whole} ${hostsOf(linked)} ${are} from the link that opened this page: enter one only if you know ${these}.`;
  }

  const hostsOf = (nodes) => [...new Set(nodes.map(({ url }) => new URL(url).host))].join(' and ');

  /** What a node has against it; empty if nothing. */
  function hintText(isSent) {
    const reading = refusing('reading');
    if (reading.length > 0) return isSent ? notTaken(reading) : wanted(reading);
    const [writing] = refusing('writing');
    if (!writing) return '';
    if (!isSent) return `${nameOf(writing)} wants a token for this. ${WHERE_IT_GOES}`;
    return writing.status === 403 ? 'This token may read, not write.' : notTaken([writing]);
  }

  const WHERE_IT_GOES = 'It is kept in this tab only, and the command lines name it TOKEN.';

  function wanted(nodes) {
    return `${nodes.length === 2 ? 'Both nodes want' : `${nameOf(nodes[0])} wants`} a token. ${WHERE_IT_GOES}`;
  }

  const notTaken = (nodes) =>
    nodes.length === 2 ? 'Neither node takes this token.' : `${nameOf(nodes[0])} does not take this token.`;

  const refusing = (kind) =>
    Object.entries(token.refusals()).flatMap(([id, { [kind]: status }]) => (status ? [{ id, status }] : []));

  const nameOf = ({ id }) => tandem.capitalized(tandem.pair.nameOf(tandem.nodes[id]));
})();
