// What is packed is not this folder, but the one that `npm run package` makes.
console.error('The package is made in a folder of its own: npm run package.');
process.exit(1);
