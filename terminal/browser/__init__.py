"""Web pages of allowed origins ask the daemon: the browser's native-messaging host, and the extension that goes with it."""
