// The Jest transform: Node's own type stripping, which keeps every line and column where it was. JSX, which Node does not read,
// esbuild turns into calls.
const { stripTypeScriptTypes } = require('node:module');

module.exports = {
  process: (source, path) => ({ code: path.endsWith('.tsx') ? plain(source) : stripTypeScriptTypes(source) }),
};

function plain(source) {
  const { transformSync } = require('esbuild');
  return transformSync(source, { loader: 'tsx', jsx: 'automatic', jsxImportSource: 'preact', sourcemap: 'inline' })
    .code;
}
