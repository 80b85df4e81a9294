// A request as a command line: curl for bash, Invoke-RestMethod for PowerShell. The token stands in neither: both take it
// from the environment variable TOKEN.
(() => {
  const { tandem } = window;

  const inBash = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  /** PowerShell takes typographic quotes for quotes too. */
  const inPowerShell = (text) => `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;

  function bash({ method, url, headers, body, hasToken }) {
    return [
      'curl',
      ...(method === 'GET' ? [] : [`-X ${method}`]),
      inBash(url),
      ...(hasToken ? ['-H "Authorization: Bearer $TOKEN"'] : []),
      ...Object.entries(headers).map(([name, value]) => `-H ${inBash(`${name}: ${value}`)}`),
      ...(body === undefined ? [] : [`--data-raw ${inBash(body)}`]),
    ].join(' ');
  }

  function powershell({ method, url, headers, body, hasToken }) {
    const { 'Content-Type': contentType, ...others } = headers;
    const table = [
      ...(hasToken ? [`'Authorization' = "Bearer $env:TOKEN"`] : []),
      ...Object.entries(others).map(([name, value]) => `${inPowerShell(name)} = ${inPowerShell(value)}`),
    ];
    return [
      'Invoke-RestMethod',
      `-Method ${method[0]}${method.slice(1).toLowerCase()}`,
      `-Uri ${inPowerShell(url)}`,
      ...(table.length > 0 ? [`-Headers @{ ${table.join('; ')} }`] : []),
      ...(body === undefined
        ? []
        : [`-ContentType ${inPowerShell(contentType + charset(body))}`, `-Body ${inPowerShell(body)}`]),
    ].join(' ');
  }

  /** Without it Windows PowerShell 5.1 sends ISO 8859-1. */
  const charset = (body) => (/[\u0080-\uffff]/.test(body) ? '; charset=utf-8' : '');

  tandem.commandLine = { bash, powershell };
})();
