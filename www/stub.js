// Calls made before the agent has loaded wait in this queue. A file of its own, so that a strict policy needs no inline script.
window.tailorbird = window.tailorbird || [];
