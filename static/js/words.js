// Every sentence the scripts say, in one place.
export const words = {
  copied: (rows) => (rows === 1 ? "1 row copied" : `${rows} rows copied`),
  copiedText: (text) => `${text} copied`,
  nothingToCopy: "There is nothing to copy on this page.",
  copyFailed: "The browser did not allow copying. Select the table and copy it by hand.",
  dismiss: "Dismiss",
  selected: (rows) => (rows === 1 ? "1 selected" : `${rows} selected`),
  selectedAll: "All selected",
  recent: "Where you were",
  live: { live: "Live", connecting: "Connecting…", reconnecting: "Reconnecting…", paused: "Paused" },
  offline: "The portal can't be reached. Check your connection and try again.",
  failed: {
    400: "The portal did not understand this request. Reload the page and try again.",
    403: "You may not do this. Ask an administrator for the role it needs.",
    404: "This is no longer there. Reload the page.",
    409: "Somebody changed this meanwhile. Reload the page and try again.",
    429: "Too many requests. Wait a moment and try again.",
    500: "Something went wrong on our side. Try again; if it stays, tell an administrator.",
  },
  sentence(status) {
    return this.failed[status] ?? (status < 500 ? this.failed[400] : this.failed[500]);
  },
};
