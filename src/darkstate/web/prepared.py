"""Imported once by the server whose forks compute: all that the first answer would have to load.

Libraries are loaded when they are needed, and fonts are looked up for the first picture; here one
small view is answered, so that no process of a session does this again.
"""

from darkstate.web.answers import answer
from darkstate.web.view import View

for _ in answer(View.of_model("CavityChains")):
    pass
