// What went wrong, said at once to those who listen, too.
export function Problem({ text }: { readonly text: string }) {
  if (text === '') return null;
  return (
    <p class="notice" role="alert">
      {text}
    </p>
  );
}

/** What was thrown, in words. */
export const problemText = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem));
