// Every page that is visited, checked and photographed. `title` is what its <h1> says where that is fixed.
export const pages = [
  { name: "overview", path: "/" },
  { name: "subscriptions", path: "/subscriptions", title: "Subscriptions" },
  { name: "exports", path: "/exports", title: "Exports" },
  { name: "export-new", path: "/exports/new", title: "New export" },
  { name: "log", path: "/log", title: "Delivery log" },
  { name: "log-events", path: "/log?tab=events", title: "Delivery log" },
  { name: "log-parked", path: "/log?tab=parked", title: "Delivery log" },
  { name: "targets", path: "/targets", title: "Targets" },
  { name: "settings", path: "/settings", title: "Settings" },
];
