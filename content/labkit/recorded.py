"""What was measured of runtimes, as a file that a page shows."""
import datetime
import json
import os
import re


def write_runtimes(folder, rows, sysctls=None):
    """Writes runtimes.json into a chapter's folder, and prints the rows. Each has runtime, version, figures, source."""
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
    head = {"recorded_on": datetime.date.today().isoformat(), "kernel": re.match(r"[\d.]+\d", os.uname().release).group(), **({"sysctls": sysctls} if sysctls else {})}
    with open(folder / "runtimes.json", "w", encoding="utf-8") as file:
        json.dump({**head, "rows": rows}, file, indent=2, ensure_ascii=False)
        file.write("\n")
