// `npm run lint`: no circle of imports, neither of files nor of neighbouring folders. Who may import whom is in
// eslint.config.mjs.
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circle-of-files', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-circle-of-folders',
      comment: 'neighbours in one folder; a folder and what lies in it may know each other',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(.+)/[^/]+$' },
      to: { circular: true, path: '^$1/[^/]+$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
