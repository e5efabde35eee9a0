// Starts the portal's behaviours; each module is on its own and none is needed to read or submit a page.
import { startCopying } from "./js/copy.js";
import { startDialogs } from "./js/dialogs.js";
import { startFilters } from "./js/filters.js";
import { startLive } from "./js/live.js";
import { startMenus } from "./js/menus.js";
import { startRequests } from "./js/requests.js";
import { startRows } from "./js/rows.js";
import { startSelection } from "./js/selection.js";
import { startTail } from "./js/tail.js";
import { startTimes } from "./js/times.js";
import { startTips } from "./js/tips.js";
import { startToasts } from "./js/toasts.js";
import { startUploads } from "./js/uploads.js";

startToasts();
startRequests();
startTimes();
startMenus();
startTips();
startRows();
startFilters();
startDialogs();
startCopying();
startSelection();
startLive();
startTail();
startUploads();
