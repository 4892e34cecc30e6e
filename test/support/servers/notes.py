#!/usr/bin/env python3
"""An MCP server over stdio that keeps notes in a file, as a small server of a distribution's image would."""
import json
import os
import sys

FILE = "/var/lib/notes/notes.txt"
TOOLS = [
    {
        "name": "add_note",
        "description": "Keeps a note and tells how many there are, and as whom the server runs.",
        "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    }
]


def add_note(text):
    with open(FILE, "a", encoding="utf-8") as notes:
        notes.write(text.replace("\n", " ") + "\n")
    with open(FILE, encoding="utf-8") as notes:
        return json.dumps({"notes": len(notes.readlines()), "uid": os.getuid(), "groups": os.getgroups()})


def answer(method, params):
    if method == "initialize":
        info = {"name": "notes", "version": "1.0.0"}
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call":
        try:
            return {"content": [{"type": "text", "text": add_note(params["arguments"]["text"])}]}
        except OSError as error:
            return {"content": [{"type": "text", "text": str(error)}], "isError": True}
    return {}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message and "method" in message:
        result = answer(message["method"], message.get("params", {}))
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
