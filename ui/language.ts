// A browser without a locale, such as a headless one, may call its language something that is none ("en-US@posix"). uPlot asks for
// the number format of that as soon as it is loaded, and would end the whole page. Imported before everything else.

try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US' });
}
