// The promotion of one node: its button while it is the replica, what became of it, and the offer to force it.
(() => {
  const { tandem } = window;
  const { el, setText, operations } = tandem;

  /** Refusals after which only the operator can know whether the primary is lost. */
  const FORCIBLE = ['primary_unreachable', 'not_in_sync'];

  /**
   * @param onAnswer called after each exchange
   * @returns its button, its notice, and `show`, called with what was seen of the node
   */
  tandem.promotion = (node, onAnswer) => {
    const button = el('button', { type: 'button', hidden: true, click: () => promote(false) }, 'Promote');
    const text = el('p', { role: 'status' });
    const offer = el(
      'div',
      { class: 'offer', hidden: true },
      el('p', { class: 'hint' }, 'Without the primary: writes that only it has become divergent.'),
      el('button', { type: 'button', click: () => promote(true) }, 'Promote without the primary'),
      el('button', { type: 'button', click: leaveIt }, 'Not now'),
    );
    const notice = el('div', { class: 'notice promotion', tabindex: -1, hidden: true }, text, offer);
    let isUnderWay = false;
    /** The epoch that the shown answer names. */
    let epoch;

    async function promote(isForced) {
      if (isUnderWay) return;
      isUnderWay = true;
      showAnswer('waiting', isForced ? 'Taking the lead …' : 'Asking the primary for the lead …');
      tandem.wireLog.fold();
      const done = await tandem.send(operations.promote(isForced)(node));
      const { tone, text: said, code } = tandem.outcome(done);
      tandem.wireLog.add(done, said);
      epoch = tone === 'good' ? JSON.parse(done.response.text).epoch : undefined;
      showAnswer(tone, said, code);
      isUnderWay = false;
      onAnswer();
    }

    function showAnswer(tone, said, code) {
      if (offer.contains(document.activeElement)) notice.focus({ preventScroll: true });
      notice.hidden = false;
      notice.dataset.tone = tone;
      setText(text, said);
      offer.hidden = !FORCIBLE.includes(code);
    }

    function leaveIt() {
      notice.hidden = true;
      button.focus({ preventScroll: true });
    }

    return {
      button,
      notice,
      show({ isAnswering, role, status }) {
        const isOffered = isAnswering && role === 'replica';
        if (!isOffered && document.activeElement === button) notice.focus({ preventScroll: true });
        button.hidden = !isOffered;
        if (isUnderWay || !isAnswering) return;
        const isOver = epoch === undefined ? role === 'primary' : (status?.epoch ?? status?.highestEpoch ?? 0) > epoch;
        if (isOver) notice.hidden = true;
      },
    };
  };
})();
