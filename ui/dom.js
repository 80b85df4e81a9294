// Elements and text. Text only: keys and values are never parsed as HTML, whatever they hold.
(() => {
  const SVG = 'http://www.w3.org/2000/svg';

  /** `attributes` with a function are listeners, with `undefined` or `false` are left out. */
  function build(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === 'function') element.addEventListener(name, value);
      else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children);
    return element;
  }

  window.tandem = {
    byId: (id) => document.getElementById(id),
    el: (name, attributes = {}, ...children) => build(document.createElement(name), attributes, children),
    svg: (name, attributes = {}, ...children) => build(document.createElementNS(SVG, name), attributes, children),

    /** Touches the page only where the text differs. @returns whether it did */
    setText(element, text) {
      if (element.textContent === text) return false;
      element.textContent = text;
      return true;
    },

    count: (number, noun) => `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`,

    /** As the beginning of a sentence. */
    capitalized: (text) => text[0].toUpperCase() + text.slice(1),

    /** A duration in words: `4 s`, `3 min`. */
    age(ms) {
      const seconds = Math.max(0, Math.floor(ms / 1000));
      if (seconds < 90) return `${seconds} s`;
      if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
      return `${Math.round(seconds / 3600)} h`;
    },

    motionAllowed: () => !matchMedia('(prefers-reduced-motion: reduce)').matches,

    /** Says it to those who listen to the page rather than look at it. */
    announce(text) {
      document.getElementById('announcement').textContent = text;
    },
  };
})();
