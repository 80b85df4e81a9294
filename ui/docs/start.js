// Shows the description of a node of this machine: `?port=5001` is that of the replica. A port, and no address: what is
// described is run from this page.
const port = new URLSearchParams(location.search).get('port') ?? '5000';

SwaggerUIBundle({
  dom_id: '#api',
  url: `http://localhost:${/^\d{1,5}$/.test(port) ? port : '5000'}/openapi.json`,
  deepLinking: true,
  // Nothing of another machine: the validator of this library's makers would be one.
  validatorUrl: null,
  tryItOutEnabled: true,
  supportedSubmitMethods: ['get', 'head', 'put', 'patch', 'post', 'delete'],
});
