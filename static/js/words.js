// Every sentence the scripts say, in one place. Without a catalogue (js/words/) it is English.
const gettext = window.gettext ?? ((text) => text);
const ngettext = window.ngettext ?? ((one, many, count) => (count === 1 ? one : many));
const filled = (text, facts) => text.replace(/%\((\w+)\)s/g, (_all, name) => facts[name]);

export const words = {
  copied: (rows) => filled(ngettext("%(rows)s row copied", "%(rows)s rows copied", rows), { rows }),
  copiedText: (text) => filled(gettext("%(text)s copied"), { text }),
  nothingToCopy: gettext("There is nothing to copy on this page."),
  copyFailed: gettext("The browser did not allow copying. Select the table and copy it by hand."),
  dismiss: gettext("Dismiss"),
  selected: (rows) => filled(ngettext("%(rows)s selected", "%(rows)s selected", rows), { rows }),
  selectedAll: gettext("All selected"),
  recent: gettext("Where you were"),
  live: {
    live: gettext("Live"),
    connecting: gettext("Connecting…"),
    reconnecting: gettext("Reconnecting…"),
    paused: gettext("Paused"),
  },
  offline: gettext("The portal can't be reached. Check your connection and try again."),
  failed: {
    400: gettext("The portal did not understand this request. Reload the page and try again."),
    403: gettext("You may not do this. Ask an administrator for the role it needs."),
    404: gettext("This is no longer there. Reload the page."),
    409: gettext("Somebody changed this meanwhile. Reload the page and try again."),
    429: gettext("Too many requests. Wait a moment and try again."),
    500: gettext("Something went wrong on our side. Try again; if it stays, tell an administrator."),
  },
  sentence(status) {
    return this.failed[status] ?? (status < 500 ? this.failed[400] : this.failed[500]);
  },
};
