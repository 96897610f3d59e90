import process from 'node:process';

// JavaScript, since an older Node can't read anything else: it would only say that it does not know the file extension.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Rollcall needs Node 22.18 or newer, and this is ${process.versions.node}. ` +
      'Run "npm ci" without --omit=optional, which brings Node 24, then start it with "npm start".\n',
  );
  process.exit(1);
}
