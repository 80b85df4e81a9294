"""One node of a pair as a demonstration of replication has it: Flask, a dictionary, and a request to the other node for each write.

python flask-node.py PORT [URL of the replica]
"""

import logging
import sys

import flask
import requests

port = int(sys.argv[1])
replica = sys.argv[2] if len(sys.argv) > 2 else None
app = flask.Flask(__name__)
store = {}
status = {}
session = requests.Session()
logging.getLogger("werkzeug").setLevel(logging.ERROR)


@app.get("/key/<path:key>")
def read(key):
    if key not in store:
        return flask.jsonify(error="not found"), 404
    return flask.jsonify(key=key, value=store[key])


@app.put("/key/<path:key>")
def write(key):
    value = flask.request.get_json()["value"]
    created = key not in store
    store[key] = value
    status[key] = "pending"
    answer = session.put(f"{replica}/replicate/{key}", json={"value": value}, timeout=2)
    status[key] = "replicated" if answer.ok else "replication_failed"
    return flask.jsonify(key=key, status=status[key]), (201 if created else 200)


@app.put("/replicate/<path:key>")
def replicate(key):
    store[key] = flask.request.get_json()["value"]
    return flask.jsonify(status="ok")


@app.get("/healthz")
def health():
    return flask.jsonify(status="ok")


app.run(port=port, threaded=True)
