#!/bin/sh
# What the entrypoints of many images do: begin as root, give the data folder to a user, and go on as that user.
set -e
mkdir -p /var/lib/notes
chown notes:notes /var/lib/notes
exec setpriv --reuid=notes --regid=notes --init-groups python3 /srv/notes.py
