"""The chunks of a reply become one smooth speech."""
