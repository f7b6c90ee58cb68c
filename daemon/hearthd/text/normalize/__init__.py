"""Pure: numbers, units and dates as they are read aloud."""
