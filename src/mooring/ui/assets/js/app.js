// Everything the pages do beyond links and forms. Each module listens on the document, so swapped-in parts just work.

import "./board.js";
import "./charts.js";
import "./compose.js";
import "./copying.js";
import "./dialogs.js";
import "./dragging.js";
import "./folding.js";
import "./keyboard.js";
import "./lists.js";
import "./menus.js";
import "./offers.js";
import "./orders.js";
import "./palette.js";
import "./panes.js";
import "./passkeys.js";
import "./record_trees.js";
import "./requests.js";
import "./tabs.js";
import "./theme.js";
import "./toasts.js";
import "./trees.js";
