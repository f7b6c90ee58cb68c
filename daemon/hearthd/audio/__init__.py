"""Sound in and out: devices, the mixer, the front end."""
