"""Start the floor: `python -m loadtests.floor --port 9001 --upstream http://127.0.0.1:9000`."""

import argparse

import uvicorn

from loadtests.floor.app import make

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--upstream", required=True)
options = parser.parse_args()
uvicorn.run(
    make(options.upstream),
    host="127.0.0.1",
    port=options.port,
    loop="uvloop",
    http="httptools",
    log_level="warning",
    access_log=False,
    timeout_keep_alive=75,
)
