"""The door of the staff: pages that parse, call one service or selector, and answer."""
