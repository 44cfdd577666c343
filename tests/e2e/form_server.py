"""The server's half of a web application: it has the documents, and the recipe of docs/signing.md; neither daemon nor card.

It speaks JSON lines: the name of a function of the recipe with its arguments comes in, and what it gives goes out, or the word of what was
wrong. A file is `{"file": PATH}`. It keeps nothing in memory from one message to the next.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from cardd.documents.errors import DocumentError

GUIDE = Path(__file__).parents[2] / "docs" / "signing.md"


def recipe() -> dict[str, Any]:
    """The functions that the guide shows, as it shows them."""
    (block,) = re.findall(r"```python\n(# server\.py\n.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, Any] = {}
    exec(compile(block, str(GUIDE), "exec"), found)  # the guide is what is tested
    return found


def main() -> None:
    functions = recipe()
    for line in sys.stdin:
        function, *arguments = json.loads(line)
        given = [Path(each["file"]) if isinstance(each, dict) and "file" in each else each for each in arguments]
        try:
            told = functions[function](*given)
        except DocumentError as error:
            told = {"problem": error.problem}
        print(json.dumps(told), flush=True)


main()
