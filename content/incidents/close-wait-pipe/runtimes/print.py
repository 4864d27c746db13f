import pathlib
import sys
import time

out = getattr(sys, sys.argv[1])
for _ in range(20_000):
    print("x" * 119, file=out)
pathlib.Path(sys.argv[2]).touch()
time.sleep(60)
